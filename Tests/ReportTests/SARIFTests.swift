import Report
import TapeModel
import Testing

/// What SARIF 2.1.0's schema and text demand of the parts that we write.
struct SARIFTests {
    static func document(_ report: TraceReport) throws -> JSONValue {
        try JSONValue(parsing: ReportFormat.sarif.render(report))
    }

    @Test func `a run names its tool and the version of the format`() throws {
        let document = try Self.document(SampleReport.failed())
        #expect(document["version"]?.string == "2.1.0")
        #expect(document["$schema"]?.string == "https://json.schemastore.org/sarif-2.1.0.json")
        let run = try #require(document["runs"]?[0])
        #expect(run["tool"]?["driver"]?["name"]?.string == "regtape")
        #expect(run["invocations"]?[0]?["executionSuccessful"]?.bool == true)
        #expect(run["columnKind"]?.string == "utf16CodeUnits")
    }

    @Test func `a result points at its rule, at the tape and at the exchange`() throws {
        let run = try #require(try Self.document(SampleReport.failed())["runs"]?[0])
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.array)
        #expect(Set(rules.compactMap { $0["id"]?.string }).count == rules.count, "ids are unique (§3.19.23)")
        let results = try #require(run["results"]?.array)
        #expect(results.count == 3)
        for result in results {
            let index = try #require(result["ruleIndex"]?.int)
            #expect(rules[index]["id"] == result["ruleId"])
            #expect(["none", "note", "warning", "error"].contains(result["level"]?.string))
            #expect(result["message"]?["text"]?.string?.isEmpty == false)
            for location in (result["locations"]?.array ?? []) + (result["relatedLocations"]?.array ?? []) {
                let physical = try #require(location["physicalLocation"])
                #expect(physical["artifactLocation"]?["uri"]?.string == "tape.jsonl")
                let artifact = try #require(physical["artifactLocation"]?["index"]?.int)
                #expect(run["artifacts"]?[artifact]?["location"]?["uri"]?.string == "tape.jsonl")
                #expect((physical["region"]?["startLine"]?.int ?? 0) >= 1)
                #expect(location["logicalLocations"]?[0]?["fullyQualifiedName"]?.string?.hasPrefix("exchange/") == true)
            }
        }
        #expect(results[0]["relatedLocations"]?[0]?["id"]?.int == 1)
        #expect(rules[0]["help"]?["markdown"]?.string?.contains("## How to fix it") == true)
        #expect(rules[0]["name"]?.string == "AuthorizationForwarded")
    }

    @Test func `no line is claimed where lines and records do not agree`() throws {
        var report = SampleReport.failed()
        report.notes.hasLineNumbers = false
        #expect(!ReportFormat.sarif.render(report).contains("startLine"))
    }

    @Test func `no finding is an empty list of results, which says that all was looked at`() throws {
        let run = try #require(try Self.document(SampleReport.good())["runs"]?[0])
        #expect(run["results"]?.array == [])
    }

    @Test func `hostile text stays text`() throws {
        for report in HostileTests.reports {
            let run = try #require(try Self.document(report)["runs"]?[0])
            #expect(run["results"]?.array?.count == 3)
        }
    }
}
