/// Why the replication in a registry's home region cannot be deleted.
///
/// ## What it means
/// The home region is the registry: its replication goes when the registry goes. Templates that list it are refused
/// when they try.
///
/// ## How to do it
/// 1. In a template give the home region's replication `"condition": false`, or leave it out.
/// 2. To move the home, make a registry in the other region and import the images: `az acr import`.
enum HomeReplication: Guide {
    static let name = "home-replication"
    static let title = "The replication of the home region stays"
    static let symptoms = ["H08"]
}
