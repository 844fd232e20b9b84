package import PostgresLink
package import Vocabulary

/// What a witness has confirmed of one epoch of a log.
package struct StoredWitness: Sendable, Equatable {
    package let witness: String
    package let epoch: Int
    /// Of the newest checkpoint that it confirmed; 0 for none.
    package let size: Int
    /// That checkpoint, with the witness' own lines under it.
    package let note: String
    /// A time-stamp response (DER), where that is what it gives.
    package let evidence: [UInt8]?
    package let witnessedAt: Instant?
    /// Since when it confirms nothing, and why not: a code.
    package let failingSince: Instant?
    package let failure: String?
}

extension StoreDatabase {
    /// In the order of epochs and names.
    package static func witnesses(of tenant: TenantID) -> SQL {
        """
        SELECT witness, epoch, size, note, evidence, witnessed_at, failing_since, failure FROM audit_witness
        WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY epoch, witness
        """
    }

    package static func storedWitnesses(_ rows: ResultSet) -> [StoredWitness] {
        (0..<rows.rowCount).compactMap { row in
            guard let witness = rows.text(row, 0), let epoch = rows.int64(row, 1), let size = rows.int64(row, 2), let note = rows.text(row, 3) else {
                return nil
            }
            return StoredWitness(
                witness: witness, epoch: Int(epoch), size: Int(size), note: note, evidence: rows.bytes(row, 4), witnessedAt: rows.timestamp(row, 5),
                failingSince: rows.timestamp(row, 6), failure: rows.text(row, 7)
            )
        }
    }

    /// Takes the turn of showing the newest head to a witness: of several gateways one does, when nobody has for a while.
    ///
    /// A row comes back to whoever has the turn.
    package static func takeWitnessTurn(_ witness: String, epoch: Int, every interval: Duration, tenant: TenantID) -> SQL {
        let pause = SQLParameter.double(Double(interval.components.seconds) + Double(interval.components.attoseconds) / 1e18)
        return """
            INSERT INTO audit_witness (tenant_id, epoch, witness, size, note, tried_at)
            VALUES (\(.uuid(tenant.uuid)), \(.int4(Int32(epoch))), \(.text(witness)), 0, '', now())
            ON CONFLICT (tenant_id, epoch, witness) DO UPDATE SET tried_at = now()
            WHERE audit_witness.tried_at < now() - make_interval(secs => \(pause))
            RETURNING size
            """
    }

    /// Keeps what a witness gave for a head that the store has. One that was taken back meanwhile has not, and its log does not go on from it.
    package static func keepEvidence(
        _ witness: String, epoch: Int, size: Int, note: String, evidence: [UInt8]?, tenant: TenantID
    ) -> SQL {
        """
        UPDATE audit_witness SET size = \(.int8(Int64(size))), note = \(.text(note)), evidence = \(.bytes(evidence)), witnessed_at = now(),
          failing_since = NULL, failure = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(Int32(epoch))) AND witness = \(.text(witness)) AND size <= \(.int8(Int64(size)))
          AND \(.int8(Int64(size))) <= (
            SELECT c.size FROM audit_checkpoint c WHERE c.tenant_id = audit_witness.tenant_id AND c.epoch = audit_witness.epoch)
        """
    }

    package static func keepFailure(_ witness: String, epoch: Int, code: String, tenant: TenantID) -> SQL {
        """
        UPDATE audit_witness SET failing_since = coalesce(failing_since, now()), failure = \(.text(code))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(Int32(epoch))) AND witness = \(.text(witness))
        """
    }
}
