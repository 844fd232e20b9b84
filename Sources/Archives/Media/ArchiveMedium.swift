package import Vocabulary

/// Something that rests in a medium.
package struct MediumObject: Sendable, Equatable {
    /// Words of lower-case letters, digits, `.`, `_` and `-`, with `/` between them; begins and ends with none, and no word begins with a dot.
    package let key: String
    package let byteCount: Int
    /// By the medium's clock, which need not be ours.
    package let modifiedAt: Instant

    package init(key: String, byteCount: Int, modifiedAt: Instant) {
        self.key = key
        self.byteCount = byteCount
        self.modifiedAt = modifiedAt
    }
}

/// Why a medium did not do what it was asked. Names the object, and nothing that rests in it.
package struct MediumError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// There is no such object.
        case missing
        /// There is one already, and it was not to be replaced.
        case exists
        /// The medium does not let us in, or not do this.
        case denied
        /// It does not answer, or not in time, after trying again.
        case unavailable
        /// There is no room left.
        case full
        /// It answered something else than it was asked: fewer bytes, others, or no form that it knows.
        case garbled
        /// It cannot be used as it is set up; ``MediumError/detail`` says what is wrong.
        case misconfigured
    }

    package let code: Code
    /// The object's key, or the medium's name when it is about the whole.
    package let place: String
    /// For operators: an HTTP status, the code of an S3 error, an errno. Never content, never a credential.
    package let detail: String

    package init(_ code: Code, _ place: String, _ detail: String = "") {
        self.code = code
        self.place = place
        self.detail = detail
    }
}

/// Where a repository rests: a directory, or a bucket of an S3 service. Both keep to one contract (`MediumContract` in the tests).
///
/// Every object is there as a whole or not at all, at any moment and after any crash: readers and lists never see one that is half-written.
/// What was put and confirmed is durable. Calls may come from several processes on several hosts at the same time. What is no key is
/// `misconfigured`, and so may be a key that is to be a folder of another. When its task is cancelled, a call throws `unavailable`.
package protocol ArchiveMedium: Sendable {
    /// As operators write it: the path of a directory, or `s3://bucket/prefix`.
    var name: String { get }

    /// A folder on this host for files that are still to be published; on the medium itself where that makes publishing a rename.
    var drafts: String { get }

    /// Every object whose key begins with the prefix, in the order of the keys' bytes.
    func list(_ prefix: String) async throws(MediumError) -> [MediumObject]

    /// Bytes of an object: exactly `count` of them from `offset` on; fewer only where the object ends.
    func read(_ key: String, from offset: Int, count: Int) async throws(MediumError) -> [UInt8]

    /// Puts a small object (at most 16 MiB) in the place of what is there.
    ///
    /// - Parameter ifAbsent: when there is one already, nothing is changed and `exists` is thrown; of several who put at the same moment
    ///   one wins.
    func put(_ bytes: [UInt8], at key: String, ifAbsent: Bool) async throws(MediumError)

    /// Makes a finished file of ``drafts`` an object, in the place of what is there, and removes the file. Called again after a crash, with the
    /// same file and key, it goes on where it was: parts that the medium has confirmed are not sent again.
    ///
    /// - Parameters:
    ///   - file: the path of a regular file directly in ``drafts``, which nobody changes any more. When it is not there (an earlier call may
    ///     have ended just before its caller learned of it), `missing` is thrown: whether the object is the right one, its hash tells.
    ///   - progress: told how many bytes of the file the medium has.
    func publish(_ file: String, at key: String, progress: @Sendable (Int) -> Void) async throws(MediumError)

    /// Makes an object of `front` and what stands behind the first `replaced` bytes of another, without changing that one. The rest is copied
    /// by the medium where it can.
    func copy(_ source: String, replacing replaced: Int, by front: [UInt8], to key: String, progress: @Sendable (Int) -> Void)
        async throws(MediumError)

    /// Removes objects; those that are not there are no error.
    func remove(_ keys: [String]) async throws(MediumError)
}

extension ArchiveMedium {
    /// A whole object of at most `limit` bytes.
    ///
    /// - Throws: `garbled` when it has more.
    package func readAll(_ key: String, limit: Int = 16 << 20) async throws(MediumError) -> [UInt8] {
        let bytes = try await read(key, from: 0, count: limit + 1)
        guard bytes.count <= limit else { throw MediumError(.garbled, key, "it has more than \(limit) bytes") }
        return bytes
    }
}
