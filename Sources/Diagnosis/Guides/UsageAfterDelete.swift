/// Why the storage that a registry uses does not shrink after images were deleted.
///
/// ## What it means
/// Layers are shared: deleting a manifest frees only what no other manifest refers to. Registries also free space
/// later, when they collect garbage; Azure needs some minutes to show it.
///
/// ## How to do it
/// 1. See what else uses the layers: other tags of the same image nearly always do.
/// 2. Delete manifests without tags as well, for Azure with `az acr run --cmd "acr purge --filter 'REPO:.*' --untagged --ago 7d" /dev/null`.
/// 3. With distribution run its garbage collector, while nobody pushes: `registry garbage-collect CONFIG`.
enum UsageAfterDelete: Guide {
    static let name = "usage-after-delete"
    static let title = "Why usage stays after images were deleted"
    static let symptoms = ["H04"]
}
