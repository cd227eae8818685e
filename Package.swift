// swift-tools-version: 6.2
import PackageDescription

/// Every target of regtape is compiled alike: Swift 6 language mode, no warning left standing, and imports that
/// stay inside the module unless they say otherwise.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "regtape",
    products: [
        .executable(name: "regtape", targets: ["regtape"]),
        .library(name: "RegtapeTesting", targets: ["RegtapeTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        // Pure: values in, values out.
        .target(name: "TapeModel", swiftSettings: strict),
        .target(
            name: "Wire",
            dependencies: [
                "TapeModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .target(name: "Registry", dependencies: ["TapeModel"], swiftSettings: strict),
        .target(
            name: "Diagnosis", dependencies: ["TapeModel", "Registry"], swiftSettings: strict,
            plugins: ["RuleCataloguePlugin"]),

        // Written at build time: the catalogue of rules, from the rules themselves.
        .executableTarget(name: "rulecatalogue", path: "tools/rulecatalogue/generator", swiftSettings: strict),
        .plugin(
            name: "RuleCataloguePlugin", capability: .buildTool(), dependencies: ["rulecatalogue"],
            path: "tools/rulecatalogue/plugin"),
        .target(name: "Report", dependencies: ["TapeModel", "Registry", "Diagnosis"], swiftSettings: strict),

        // Shells: sockets, files, threads.
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(
            name: "TapeStore",
            dependencies: ["TapeModel", "CArchive", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        .target(name: "Interop", dependencies: ["TapeModel"], swiftSettings: strict),
        .target(
            name: "Listener",
            dependencies: [
                "TapeModel", "Wire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Proxy",
            dependencies: [
                "TapeModel", "Wire", "Listener",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .target(name: "Capture", dependencies: ["TapeModel", "Wire", "CPcap"], swiftSettings: strict),
        // Core is pure; the server around it is not.
        .target(
            name: "Replay",
            dependencies: [
                "TapeModel", "Wire", "Registry", "Listener",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            swiftSettings: strict
        ),
        // Composition roots: what puts the shells together.
        .target(
            name: "ReplayWiring",
            dependencies: [
                "TapeModel", "Registry", "TapeStore", "Listener", "Replay",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        // For tests in other packages. It needs the toolchain's Testing; nothing of the program depends on it.
        .target(
            name: "RegtapeTesting",
            dependencies: [
                "TapeModel", "Listener", "Replay", "ReplayWiring",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "regtape",
            dependencies: [
                "TapeModel", "Wire", "Registry", "Diagnosis", "Report", "Interop", "TapeStore", "Listener", "Proxy",
                "Capture", "Replay", "ReplayWiring",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict,
            // Runs where no Swift is installed, starts sooner, and has less in memory than with the libraries beside it.
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-use-ld=lld",
                    // What Foundation is made of when it is no library of its own.
                    "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims", "-l_FoundationCollections",
                ])
            ]
        ),

        // Tests mirror the targets; TestSupport is shared by them.
        .target(name: "TestSupport", dependencies: ["TapeModel"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "TapeModelTests", dependencies: ["TapeModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "RegistryTests", dependencies: ["Registry", "TapeModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "WireTests",
            dependencies: [
                "Wire", "TapeModel", "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DiagnosisTests",
            dependencies: ["Diagnosis", "Registry", "Interop", "TapeModel", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "InteropTests", dependencies: ["Interop", "TapeModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ReportTests", dependencies: ["Report", "Diagnosis", "Registry", "TapeModel", "TestSupport"],
            exclude: ["Snapshots"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TapeStoreTests", dependencies: ["TapeStore", "TapeModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ListenerTests",
            dependencies: [
                "Listener", "TapeModel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProxyTests",
            dependencies: [
                "Proxy", "Listener", "Wire", "TapeModel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CaptureTests", dependencies: ["Capture", "Wire", "TapeModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ReplayTests",
            dependencies: [
                "Replay", "Listener", "TapeModel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReplayCoreTests", dependencies: ["Replay", "Registry", "TapeModel", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RegtapeTestingTests", dependencies: ["RegtapeTesting", "TestSupport"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["TestSupport", "TapeModel", "TapeStore", "Interop"],
            swiftSettings: strict),
    ]
)
