package import Catalog
import Vocabulary

/// Who can do and see what: roles, coming for what they usually come for, by fields of one entity.
package struct PolicyMatrix: Sendable {
    package struct Cell: Sendable, Equatable {
        package let most: FieldAccess
        package let least: FieldAccess
        package let isWritable: Bool
        /// Only for some records, or with more proof.
        package var isConditional: Bool { most != least }

        /// `clear`, `last4`, `-`; `clear~last4`: at most clear, else masked; `w`: can be written.
        package var text: String {
            let least = least == .hidden ? "" : least.short
            return (isConditional ? "\(most.short)~\(least)" : most.short) + (isWritable ? " w" : "")
        }
    }

    package let entity: Entity
    package let roles: [String]
    /// By role: an action as its word, `~` behind it where it is not always allowed.
    package let actions: [[String]]
    /// By field, then by role.
    package let cells: [[Cell]]
}

extension CompiledPolicies {
    package func matrix(of entity: Entity) -> PolicyMatrix {
        let roles = roles.sorted()
        let reaches = roles.map { role -> [Action: RoleReach] in
            let purpose = purpose(of: [role])
            return Dictionary(uniqueKeysWithValues: Action.allCases.map { ($0, reach(of: role, $0, on: entity.name, purpose: purpose)) })
        }
        let actions = reaches.map { reach in
            Action.allCases.compactMap { action -> String? in
                guard let found = reach[action], found.most.isAllowed else { return nil }
                return action.rawValue + (found.least.isAllowed ? "" : "~")
            }
        }
        let cells = entity.fields.indices.map { index in
            reaches.map { reach in
                let isWritable = [Action.create, .update, .import].contains { reach[$0]?.most.writable[index] ?? false }
                return PolicyMatrix.Cell(
                    most: reach[.read]?.most.access[index] ?? .hidden, least: reach[.read]?.least.access[index] ?? .hidden,
                    isWritable: isWritable
                )
            }
        }
        return PolicyMatrix(entity: entity, roles: roles, actions: actions, cells: cells)
    }
}

extension PolicyMatrix {
    /// Heading and rows for a terminal; roles that can do nothing are left out.
    package var table: (headings: [String], rows: [[String]]) {
        let shown = roles.indices.filter { !actions[$0].isEmpty }
        let first = [entity.name, ""] + shown.map { actions[$0].map { Self.letter($0) }.joined() }
        let rows = entity.fields.enumerated().map { index, field in
            [field.name, field.fieldClass.rawValue] + shown.map { cells[index][$0].text }
        }
        return (["field", "class"] + shown.map { roles[$0] }, [first] + rows)
    }

    /// `R` read, `C` create, `U` update, `D` delete, `I` import, `V` convert, `M` merge; small where not always.
    private static func letter(_ action: String) -> String {
        let letter = action.hasPrefix(Action.convert.rawValue) ? "v" : String(action.prefix(1))
        return action.hasSuffix("~") ? letter : letter.uppercased()
    }
}

extension FieldAccess {
    fileprivate var short: String {
        switch self {
        case .clear: "clear"
        case .masked(let mask): mask.rawValue
        case .hidden: "-"
        }
    }
}
