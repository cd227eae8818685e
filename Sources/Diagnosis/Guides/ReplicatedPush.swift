/// Why a push to a replicated registry fails now and then with a blob or manifest that cannot be written.
///
/// ## What it means
/// The name of a geo-replicated registry leads to the nearest region, and that answer may change in the middle of a
/// push: layers go to one region and the manifest to another, which does not have the layers yet. A trace shows two
/// addresses for one host; see the hosts of the report.
///
/// ## How to do it
/// 1. Push again: the replicas agree after a while.
/// 2. Keep the name service's answer for the length of a push: a caching resolver on the build machine.
/// 3. Switch routing to a region off while you push to it: `az acr replication update --region-endpoint-enabled false`.
enum ReplicatedPush: Guide {
    static let name = "replicated-push"
    static let title = "Pushes to a geo-replicated registry"
    static let symptoms = ["H12"]
}
