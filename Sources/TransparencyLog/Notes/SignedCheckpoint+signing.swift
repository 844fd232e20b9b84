package import Sealing

extension SignedCheckpoint {
    /// Signs a head under the log's own name, which is the origin.
    ///
    /// A log must never sign two heads that contradict each other: the caller has made the head durable before.
    ///
    /// - Throws: `nameMalformed` when the origin cannot name a key.
    package static func sign(_ head: TreeHead, of origin: LogOrigin, with key: borrowing SigningKey) throws(LogError) -> SignedCheckpoint {
        // An origin that does not read back would sign what nobody can verify.
        guard LogOrigin(origin.description) == origin else { throw .nameMalformed }
        var note = try SignedNote(text: Checkpoint(origin: origin, head: head).text)
        try note.sign(as: origin.description, with: key)
        return SignedCheckpoint(origin: origin, head: head, note: note.description)
    }

    /// Takes a checkpoint from outside: the key's line has to be there and to verify, and the key has to bear the checkpoint's origin.
    ///
    /// The lines of others are kept as they are, unverified.
    ///
    /// - Parameter key: the log's, under the name of the very epoch; see ``NoteKey/of(_:)``.
    package init(verifying note: [UInt8], key: NoteKey) throws(LogError) {
        let signed = try SignedNote(note)
        let checkpoint = try Checkpoint(signed.text)
        guard key.kind == .note, key.hasName(checkpoint.origin.description) else { throw .checkpointForeign }
        _ = try signed.verify([key])
        self.init(origin: checkpoint.origin, head: checkpoint.head, note: signed.description)
    }

    /// The same for any epoch of the log that the key is of: each signs with the same Ed25519 key under its own name.
    ///
    /// - Throws: `checkpointForeign` when the name or the tenant differs.
    package init(verifying note: [UInt8], anyEpochOf key: NoteKey) throws(LogError) {
        let claimed = try Checkpoint(try SignedNote(note).text).origin
        guard let own = LogOrigin(key.name), own.name.utf8.elementsEqual(claimed.name.utf8), own.tenant == claimed.tenant else {
            throw .checkpointForeign
        }
        try self.init(verifying: note, key: try key.of(claimed))
    }

    /// What is signed: the lines before the empty one.
    package var text: String { Checkpoint(origin: origin, head: head).text }

    /// With further signature lines under it, as witnesses give them; none stands there twice.
    package func adding(_ lines: [NoteSignature]) throws(LogError) -> SignedCheckpoint {
        var signed = try SignedNote(Array(note.utf8))
        for line in lines { try signed.add(line) }
        return SignedCheckpoint(origin: origin, head: head, note: signed.description)
    }

    /// The cosignatures of this witness under the note.
    ///
    /// - Throws: `noteForged` when a line that claims to be of the witness does not verify, `noteUnsigned` when there is none.
    package func cosignatures(of witness: NoteKey) throws(LogError) -> [Cosignature] {
        let signed = try SignedNote(Array(note.utf8))
        guard witness.kind == .cosignature else { throw .keyMalformed }
        return try signed.verify([witness]).compactMap { Cosignature($0, of: signed.text, by: witness) }
    }
}
