/// Which roles speak for images, and which for the registry as a resource.
///
/// ## What it means
/// `AcrPull` and `AcrPush` allow pulling and pushing and nothing else: `az acr list` and `az acr show` are answered
/// Forbidden, because they ask Azure's management and not the registry. Deleting a replication may report Forbidden
/// although it was done, when the identity may not read the subscription.
///
/// ## How to do it
/// 1. To see registries: give `Reader` on the resource, the group or the subscription besides `AcrPull`.
/// 2. To delete a replication without that report: give `Reader` on the subscription.
/// 3. A new role needs some minutes; log in again afterwards.
enum RegistryRoles: Guide {
    static let name = "registry-roles"
    static let title = "Roles for images and roles for the registry itself"
    static let symptoms = ["H07", "H09"]
}
