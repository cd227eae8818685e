import Foundation
import PackagePlugin

/// Has the catalogue of rules and guides written anew whenever one of their files changes, comes or goes.
///
/// The files are found here, at each build, and handed over as arguments: a new file changes the command, and so the
/// build system runs it. Nothing is registered by hand.
@main
struct RuleCataloguePlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target.sourceModule else { return [] }
        let folders = ["Rules", "Guides"].map { module.directoryURL.appending(path: $0).path + "/" }
        let inputs = module.sourceFiles(withSuffix: "swift").map(\.url)
            .filter { file in folders.contains { file.path.hasPrefix($0) } }
            .sorted { $0.path < $1.path }
        let output = context.pluginWorkDirectoryURL.appending(path: "GeneratedCatalogue.swift")
        return [
            .buildCommand(
                displayName: "Writing the catalogue of rules",
                executable: try context.tool(named: "rulecatalogue").url,
                arguments: [output.path] + inputs.map(\.path),
                inputFiles: inputs,
                outputFiles: [output])
        ]
    }
}
