/// Why the portal shows no repositories or tags, or only a hundred of them.
///
/// ## What it means
/// The portal's page asks the registry from your browser, so the browser needs the way to `REGISTRY.azurecr.io`
/// itself: name service, firewall rules, private endpoints. Ad blockers and strict cookie settings stop it as well.
/// Old browsers showed the first hundred entries and did not ask for the next page.
///
/// ## How to do it
/// 1. Open a private window without extensions, in a present browser.
/// 2. Resolve the registry's name on that machine, and open `https://REGISTRY.azurecr.io/v2/`: it must answer 401.
/// 3. For a registry behind a private endpoint use a machine in that network.
/// 4. On the command line: `az acr repository list -n REGISTRY`, or `skopeo list-tags`, which follow every page.
enum PortalCannotList: Guide {
    static let name = "portal-cannot-list"
    static let title = "When the portal does not show repositories or tags"
    static let symptoms = ["H05", "H06"]
}
