/// The state of a credential, and of its user, that a decision was based on. Every transaction asks again whether both still hold, so
/// that a revoked key and a user who lost a role are refused from the next request on, in every gateway, without a cache to wait for.
package struct Liveness: Sendable, Equatable {
    /// The id of an API key; a token has no row here.
    package let credential: String?
    package let generation: Int64
    package let user: UserReference?
    /// 0 for a user whom the store does not know: that it comes to know one is a change, too.
    package let userGeneration: Int64

    package init(credential: String?, generation: Int64, user: UserReference? = nil, userGeneration: Int64 = 0) {
        self.credential = credential
        self.generation = generation
        self.user = user
        self.userGeneration = userGeneration
    }
}
