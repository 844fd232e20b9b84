import ArgumentParser
import DataFormats
import Foundation

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show one record of a running gateway.",
        discussion: """
            Shows what the caller may see; what is masked or withheld is named.

            Examples:
              gatehouse get contacts 01a2051b-dbf3-71f3-933c-ebe88a361cc2 --profile crm
              gatehouse get deals 01a2051b-dbf3-71f3-933c-ebe88a361cc2 --fields name,stage,amount --json
            """
    )

    @Argument(help: "The plural of the entity: contacts, deals.") var plural: String
    @Argument(help: "The id of the record.") var id: String
    @Option(help: ArgumentHelp("These fields alone.", valueName: "a,b")) var fields: String?
    @OptionGroup var options: RecordOptions

    func run() async throws {
        let query = fields.map { "?fields=" + GatewayClient.encode($0) } ?? ""
        let bytes = try await options.client.send("GET", RecordOptions.path(plural, id) + query, headers: options.headers)
        if options.json { return Console.say(String(decoding: bytes, as: UTF8.self)) }
        guard let record = (try? JSONReader.read(bytes))?.objectValue else {
            throw CommandFailure(.failed, "the gateway's answer is not a JSON object")
        }
        RecordText.say(record)
    }
}

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List records of a running gateway.",
        discussion: """
            A table has as many fields as the terminal has room for. With --json a line is a record. --all reads every page.

            Examples:
              gatehouse list contacts --profile crm --query 'zo lark'
              gatehouse list deals stage=won --sort=-close_date --fields name,amount,close_date
              gatehouse list contacts --filter "record.country == 'CH'" --all --json
            """
    )

    @Argument(help: "The plural of the entity: contacts, deals.") var plural: String
    @Argument(help: ArgumentHelp("field=value: records whose field has this value.", valueName: "field=value")) var having: [String] = []
    @Option(name: .shortAndLong, help: ArgumentHelp("Words, or how they begin, in any field that can be searched.", valueName: "words")) var query:
        String?
    @Option(help: ArgumentHelp("A condition over the record, in CEL.", valueName: "CEL")) var filter: String?
    @Option(help: ArgumentHelp("These fields alone.", valueName: "a,b")) var fields: String?
    @Option(help: ArgumentHelp("Sort by a field; -field is downwards.", valueName: "field")) var sort: String?
    @Option(help: "Records of a page, 1 to 200.") var limit = 50
    @Flag(help: "Every page, not the first alone.") var all = false
    @OptionGroup var options: RecordOptions

    func run() async throws {
        var parameters: [(String, String)] = [("limit", "\(limit)")]
        for (name, value) in [("q", query), ("filter", filter), ("fields", fields), ("sort", sort)] {
            if let value { parameters.append((name, value)) }
        }
        for argument in having {
            guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else {
                throw CommandFailure(.invalid, "what records have to have is given as field=value", hint: "stage=won")
            }
            parameters.append((String(argument[..<sign]), String(argument[argument.index(after: sign)...])))
        }
        let client = try options.client
        var (cursor, table, columns): (String?, Table?, [String]) = (nil, nil, [])
        repeat {
            let asked = parameters + (cursor.map { [("cursor", $0)] } ?? [])
            let query = asked.map { GatewayClient.encode($0.0) + "=" + GatewayClient.encode($0.1) }.joined(separator: "&")
            let page = try await client.object("GET", RecordOptions.path(plural) + "?" + query, headers: options.headers)
            let records = Table.objects(page["data"])
            cursor = page["next"]?.stringValue
            if options.json {
                for record in records { Console.say(String(decoding: JSONValue.object(record).encoded(), as: UTF8.self)) }
            } else if !records.isEmpty {
                if table == nil {
                    var left = 0
                    if let fields {
                        columns = ["id"] + fields.split(separator: ",").map(String.init).filter { $0 != "id" }
                    } else {
                        (columns, left) = RecordText.columns(records, width: RecordText.terminalWidth)
                    }
                    table = Table(columns)
                    if left > 0 { Console.note("\(left) more fields have values: --fields names those to show") }
                }
                table?.print(records.map { record in columns.map { RecordText.text(record[$0]) } })
            } else if table == nil {
                Console.note("none")
            }
        } while all && cursor != nil
        if cursor != nil, !options.json { Console.note("there are more: --all lists every page") }
    }
}
