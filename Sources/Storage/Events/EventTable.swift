package import PostgresLink
package import Vocabulary

/// Something that happened to a record, or in the answering of somebody's rights: ids and names, no values.
package struct ChangeEvent: Sendable {
    package let id: UUIDv7
    /// What happened, such as `contact.updated`.
    package let type: String
    /// What it happened to: an entity, or what the rights are about.
    package let entity: String
    package let thing: UUIDv7
    package let version: Int64?
    /// The fields that changed; for a consent, its purpose.
    package let names: [String]
    /// How whoever did it had proved itself.
    package let actor: String
    package let occurredAt: Instant

    package init(type: String, entity: String, thing: UUIDv7, version: Int64? = nil, names: [String] = [], actor: String, at: Instant) {
        id = .make(at: at)
        self.type = type
        self.entity = entity
        self.thing = thing
        self.version = version
        self.names = names
        self.actor = actor
        occurredAt = at
    }

    fileprivate init?(_ rows: ResultSet, _ row: Int, from first: Int) {
        guard let id = rows.uuid(row, first), let type = rows.text(row, first + 1), let entity = rows.text(row, first + 2),
            let thing = rows.uuid(row, first + 3), let actor = rows.text(row, first + 6), let occurredAt = rows.timestamp(row, first + 7)
        else { return nil }
        self.id = id
        self.type = type
        self.entity = entity
        self.thing = thing
        version = rows.int64(row, first + 4)
        names = rows.texts(row, first + 5)
        self.actor = actor
        self.occurredAt = occurredAt
    }
}

/// How far an event has come on its way to an endpoint.
package enum DeliveryState: String, Sendable, CaseIterable {
    case waiting, delivered
    /// Not taken in the last of its tries, or not wanted there any more.
    case dead
}

/// An event that somebody has taken for a try.
package struct DueDelivery: Sendable {
    package let endpoint: EndpointRow
    package let event: ChangeEvent
    /// From 1.
    package let attempt: Int
}

/// One event on its way to one endpoint, as its owner is shown it.
package struct DeliveryRow: Sendable {
    package let event: UUIDv7
    package let type: String
    package let occurredAt: Instant
    package let state: DeliveryState
    package let attempts: Int
    package let nextAt: Instant?
    package let deliveredAt: Instant?
    /// Why the last try failed: a code.
    package let failure: String?
}

/// Which events are to be delivered again.
package enum ReplayChoice: Sendable {
    case since(Instant)
    case event(UUIDv7)
    case dead
}

/// Statements about events and their deliveries.
extension StoreDatabase {
    /// Writes down what happened, and that each endpoint that asked for it is to be told; nothing where nobody asked.
    ///
    /// Who asked is looked up in the statement itself, so that no gateway has to remember what another one was just told.
    /// - Parameter told: the only endpoints that may be told; `nil` leaves it to the decision at the delivery.
    package static func announce(_ events: [ChangeEvent], told: [UUIDv7]? = nil, tenant: TenantID) -> SQL {
        let tenant = SQLParameter.uuid(tenant.uuid)
        let only = SQLParameter.bool(told != nil)
        let columns: [SQL] = [
            "\(.uuids(events.map(\.id)))", "\(.texts(events.map(\.type)))", "\(.texts(events.map(\.entity)))", "\(.uuids(events.map(\.thing)))",
            "\(.int8s(events.map(\.version)))", "\(.texts(events.map { $0.names.joined(separator: ",") }))", "\(.texts(events.map(\.actor)))",
            "\(.timestamps(events.map(\.occurredAt)))",
        ]
        return """
            WITH happened AS (
              SELECT * FROM unnest(\(joining: columns)) AS each (id, type, entity, thing_id, version, names, actor, occurred_at)
            ), wanted AS (
              SELECT happened.id AS event_id, endpoint.id AS endpoint_id, endpoint.disabled_at IS NULL AS is_live, happened.occurred_at
              FROM happened JOIN webhook_endpoint AS endpoint ON endpoint.tenant_id = \(tenant)
                AND endpoint.types && ARRAY[happened.type, split_part(happened.type, '.', 1) || '.*', '*']
              WHERE NOT \(only) OR endpoint.id = ANY(\(.uuids(told ?? [])))
            ), kept AS (
              INSERT INTO change_event (tenant_id, id, type, entity, thing_id, version, names, actor, occurred_at, told)
              SELECT \(tenant), id, type, entity, thing_id, version, string_to_array(names, ','), actor, occurred_at,
                CASE WHEN \(only) THEN \(.uuids(told ?? [])) END
              FROM happened WHERE id IN (SELECT event_id FROM wanted)
            )
            INSERT INTO event_delivery (tenant_id, endpoint_id, event_id, state, attempts, next_at)
            SELECT \(tenant), endpoint_id, event_id, 'waiting', 0, occurred_at FROM wanted WHERE is_live
            """
    }

    /// An event for one endpoint alone, whatever it asked for.
    package static func announce(_ event: ChangeEvent, toEndpoint endpoint: UUIDv7, tenant: TenantID) -> [SQL] {
        [
            """
            INSERT INTO change_event (tenant_id, id, type, entity, thing_id, names, actor, occurred_at, told)
            VALUES (\(.uuid(tenant.uuid)), \(.uuid(event.id)), \(.text(event.type)), \(.text(event.entity)), \(.uuid(event.thing)),
              \(.texts(event.names)), \(.text(event.actor)), \(.timestamp(event.occurredAt)), \(.uuids([endpoint])))
            """,
            """
            INSERT INTO event_delivery (tenant_id, endpoint_id, event_id, state, attempts, next_at)
            VALUES (\(.uuid(tenant.uuid)), \(.uuid(endpoint)), \(.uuid(event.id)), 'waiting', 0, \(.timestamp(event.occurredAt)))
            """,
        ]
    }

    // MARK: Delivering

    /// Takes what is due, a few of each endpoint, each for a try: nobody else has it for two minutes.
    ///
    /// - Parameter busy: endpoints that have enough to do.
    package static func takeDueDeliveries(except busy: [UUIDv7], each limit: Int, tenant: TenantID) -> SQL {
        let tenant = SQLParameter.uuid(tenant.uuid)
        return """
            WITH due AS MATERIALIZED (
              SELECT mine.endpoint_id, mine.event_id FROM webhook_endpoint AS open CROSS JOIN LATERAL (
                SELECT endpoint_id, event_id FROM event_delivery AS one
                WHERE one.tenant_id = \(tenant) AND one.endpoint_id = open.id AND one.next_at <= clock_timestamp()
                ORDER BY one.next_at, one.event_id LIMIT \(.int8(Int64(limit))) FOR UPDATE SKIP LOCKED
              ) AS mine
              WHERE open.tenant_id = \(tenant) AND open.disabled_at IS NULL
                AND (open.paused_until IS NULL OR open.paused_until <= clock_timestamp()) AND open.id <> ALL(\(.uuids(busy)))
            )
            UPDATE event_delivery AS delivery SET attempts = attempts + 1, next_at = clock_timestamp() + interval '2 minutes'
            FROM due JOIN webhook_endpoint AS endpoint ON endpoint.tenant_id = \(tenant) AND endpoint.id = due.endpoint_id
              JOIN change_event AS event ON event.tenant_id = \(tenant) AND event.id = due.event_id
            WHERE delivery.tenant_id = \(tenant) AND delivery.endpoint_id = due.endpoint_id AND delivery.event_id = due.event_id
            RETURNING delivery.attempts, event.id, event.type, event.entity, event.thing_id, event.version, event.names, event.actor,
              event.occurred_at, \(endpointColumns)
            """
    }

    package static func dueDeliveries(_ rows: ResultSet) -> [DueDelivery] {
        (0..<rows.rowCount).compactMap { row in
            guard let event = ChangeEvent(rows, row, from: 1), let endpoint = EndpointRow(rows, row, from: 9) else { return nil }
            return DueDelivery(endpoint: endpoint, event: event, attempt: Int(rows.int64(row, 0) ?? 1))
        }
    }

    private static func delivery(_ due: DueDelivery, _ tenant: TenantID) -> SQL {
        """
        tenant_id = \(.uuid(tenant.uuid)) AND endpoint_id = \(.uuid(due.endpoint.id)) AND event_id = \(.uuid(due.event.id))
          AND state = 'waiting' AND attempts = \(.int4(Int32(due.attempt)))
        """
    }

    package static func delivered(_ due: DueDelivery, at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE event_delivery SET state = 'delivered', delivered_at = \(.timestamp(now)), next_at = NULL, failure = NULL
        WHERE \(delivery(due, tenant))
        """
    }

    /// - Parameter next: when to try again; `nil` gives it up.
    package static func failed(_ due: DueDelivery, code: String, next: Instant?, tenant: TenantID) -> SQL {
        """
        UPDATE event_delivery SET state = \(.text((next == nil ? DeliveryState.dead : .waiting).rawValue)), next_at = \(.timestamp(next)),
          failure = \(.text(code)) WHERE \(delivery(due, tenant))
        """
    }

    /// It could not be decided about, which is no try.
    package static func postpone(_ due: DueDelivery, to time: Instant, tenant: TenantID) -> SQL {
        "UPDATE event_delivery SET attempts = attempts - 1, next_at = \(.timestamp(time)) WHERE \(delivery(due, tenant))"
    }

    /// The owner may not be told of it: nothing stays that could be listed or counted.
    package static func withhold(_ due: DueDelivery, tenant: TenantID) -> SQL { "DELETE FROM event_delivery WHERE \(delivery(due, tenant))" }

    // MARK: For owners

    /// The newest first. What was never tried is not among them: whether its owner may know of it is decided at the first try.
    package static func deliveries(to endpoint: UUIDv7, in state: DeliveryState?, limit: Int, tenant: TenantID) -> SQL {
        let limits: SQL = state.map { " AND delivery.state = \(.text($0.rawValue))" } ?? ""
        return """
            SELECT delivery.event_id, event.type, event.occurred_at, delivery.state, delivery.attempts, delivery.next_at, delivery.delivered_at,
              delivery.failure
            FROM event_delivery AS delivery JOIN change_event AS event ON event.tenant_id = delivery.tenant_id AND event.id = delivery.event_id
            WHERE delivery.tenant_id = \(.uuid(tenant.uuid)) AND delivery.endpoint_id = \(.uuid(endpoint))
              AND (delivery.state <> 'waiting' OR delivery.failure IS NOT NULL)\(limits)
            ORDER BY delivery.event_id DESC LIMIT \(.int8(Int64(limit)))
            """
    }

    package static func deliveries(_ rows: ResultSet) -> [DeliveryRow] {
        (0..<rows.rowCount).compactMap { row in
            guard let event = rows.uuid(row, 0), let type = rows.text(row, 1), let occurredAt = rows.timestamp(row, 2),
                let state = rows.text(row, 3).flatMap({ DeliveryState(rawValue: $0) })
            else { return nil }
            return DeliveryRow(
                event: event, type: type, occurredAt: occurredAt, state: state, attempts: Int(rows.int64(row, 4) ?? 0),
                nextAt: rows.timestamp(row, 5), deliveredAt: rows.timestamp(row, 6), failure: rows.text(row, 7))
        }
    }

    /// Delivers again what the endpoint asks for and is still kept, from now. What is on its way stays as it is.
    package static func replay(_ choice: ReplayChoice, to endpoint: UUIDv7, at now: Instant, tenant: TenantID) -> SQL {
        let choice: SQL =
            switch choice {
            case .since(let time): "event.occurred_at >= \(.timestamp(time))"
            case .event(let id): "event.id = \(.uuid(id))"
            case .dead:
                """
                EXISTS (SELECT FROM event_delivery AS dead WHERE dead.tenant_id = event.tenant_id AND dead.endpoint_id = endpoint.id
                  AND dead.event_id = event.id AND dead.state = 'dead')
                """
            }
        return """
            INSERT INTO event_delivery (tenant_id, endpoint_id, event_id, state, attempts, next_at)
            SELECT event.tenant_id, endpoint.id, event.id, 'waiting', 0, \(.timestamp(now)) FROM change_event AS event
              JOIN webhook_endpoint AS endpoint ON endpoint.tenant_id = event.tenant_id AND endpoint.id = \(.uuid(endpoint))
            WHERE event.tenant_id = \(.uuid(tenant.uuid)) AND \(choice) AND (event.told IS NULL OR endpoint.id = ANY(event.told))
              AND (event.told = ARRAY[endpoint.id] OR endpoint.types && ARRAY[event.type, split_part(event.type, '.', 1) || '.*', '*'])
            ON CONFLICT (tenant_id, endpoint_id, event_id) DO UPDATE
              SET state = 'waiting', attempts = 0, next_at = EXCLUDED.next_at, delivered_at = NULL, failure = NULL
              WHERE event_delivery.state <> 'waiting'
            """
    }

    // MARK: Sweeping

    package static func sweepEvents(before time: Instant, tenant: TenantID) -> [SQL] {
        // Ids begin with the time of the event, so that their order is that of the primary keys.
        let first = SQLParameter.uuid(UUIDv7(high: UInt64(bitPattern: time.microseconds / 1000) << 16, low: 0))
        return [
            "DELETE FROM event_delivery WHERE tenant_id = \(.uuid(tenant.uuid)) AND event_id < \(first)",
            "DELETE FROM change_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND id < \(first)",
        ]
    }
}
