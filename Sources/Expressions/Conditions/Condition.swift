/// A checked condition: a boolean expression over a record, the caller and the request.
///
/// One text, two ways to its truth: in memory, for a record at hand, and as a ``RowCondition`` for the database. Both agree
/// for every record (a property test compares them).
package struct Condition: Sendable {
    /// As it was written.
    package let text: String
    /// What it means: definitions stand in place of their names, and every column is a member of `record`.
    package let root: Node
    /// The columns it speaks of.
    package let columns: Set<Column>
    /// Whether it may come out otherwise for the next request of the same caller: it speaks of `request` or of `now`.
    package let dependsOnRequest: Bool
    private let plan: RowPlan

    /// Reads a condition and checks all of it: names, types, and that the database can be asked for what it says of columns.
    ///
    /// - Parameter definitions: what ``definition(_:scope:definitions:)`` made of each `let`, by name.
    /// - Throws: the first thing that is wrong, with its place in the text. What is thrown for a column that the scope does not
    ///   have is the same whether it is kept from the author or does not exist.
    package static func compile(
        _ text: String, scope: ExpressionScope, definitions: [String: Node] = [:]
    ) throws(ExpressionProblem) -> Condition {
        let root = try NameResolution.resolve(try ExpressionParser.parse(text), scope, definitions)
        try ExpressionChecker.checkCondition(root, in: scope)
        return Condition(text: text, root: root, columns: root.columns(in: scope), plan: try RowPlanner.plan(root, in: scope))
    }

    /// Reads what a name stands for in other expressions. It need not be a condition.
    ///
    /// - Parameter definitions: those that this one may name. Handing over only those made before keeps circles out.
    package static func definition(
        _ text: String, scope: ExpressionScope, definitions: [String: Node] = [:]
    ) throws(ExpressionProblem) -> Node {
        let root = try NameResolution.resolve(try ExpressionParser.parse(text), scope, definitions)
        _ = try ExpressionChecker.type(of: root, in: scope)
        return root
    }

    private init(text: String, root: Node, columns: Set<Column>, plan: RowPlan) {
        self.text = text
        self.root = root
        self.columns = columns
        dependsOnRequest = root.mentions(["request", "now"])
        self.plan = plan
    }

    /// What it comes to for a record at hand, which the bindings hold as `record`.
    package func truth(_ bindings: some Bindings) -> Truth {
        do throws(EvaluationError) {
            return Truth(try root.evaluateTruth(bindings))
        } catch {
            return .error
        }
    }

    /// What is left to ask of each row once caller and request are known; the bindings need no `record`.
    package func rows(_ bindings: some Bindings) -> RowCondition { plan.rows(bindings) }
}
