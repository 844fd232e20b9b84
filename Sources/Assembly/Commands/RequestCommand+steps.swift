import ArgumentParser
import DataFormats
import Gateway

extension RequestCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a code sent, or take the proof of who asks.",
            discussion: """
                The proof is a JSON object: {"code": "…"}, {"points": {"email": "…", "birth_date": "…"}}, with "declaration" (the SHA-256 of a
                signed declaration) where the regulation asks for one, or {"subject": "…"} from the program where the person is logged in.

                Examples:
                  gatehouse request verify 019a… --send-code
                  printf '{"code": "12345678"}' | gatehouse request verify 019a… --proof -
                """
        )
        @OptionGroup var which: Which
        @Flag(help: "Send a code to the address that the person's record has, if there is one.") var sendCode = false
        @Option(help: ArgumentHelp("The proof, as JSON; - for standard input.", valueName: "file"), completion: .file()) var proof: String?

        func run() async throws {
            guard (proof == nil) == sendCode else { throw ValidationError("give either --send-code or --proof") }
            if let proof { return which.tell(try await which.take(.verify, try RequestCommand.object(at: proof))) }
            which.tell(try await which.take(.code))
            Console.note("a code is sent if the person is known; it is good for fifteen minutes")
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that receipt was confirmed to the person by other means than mail.",
            discussion: "Example: gatehouse request confirm 019a…"
        )
        @OptionGroup var which: Which

        func run() async throws { which.tell(try await which.take(.confirm)) }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say yes as the second person to what cannot be undone.",
            discussion: """
                Whoever opened the request or asked for it does not approve it, and whoever approved it does not carry it out.

                Example: gatehouse request approve 019a…
                """
        )
        @OptionGroup var which: Which

        func run() async throws { which.tell(try await which.take(.approve)) }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Carry a request out; again after a crash, it goes on where it stopped.",
            discussion: """
                A rectification needs the right values: {"corrections": [{"entity": "contact", "record": "019a…", "values": {"phone": "…"}}]}

                Examples:
                  gatehouse request run 019a…
                  gatehouse request run 019a… --corrections right.json
                """
        )
        @OptionGroup var which: Which
        @Option(help: ArgumentHelp("What is right, as JSON; - for standard input.", valueName: "file"), completion: .file())
        var corrections: String?

        func run() async throws {
            let done = try await which.take(.run, corrections.map { try RequestCommand.object(at: $0) })
            which.tell(done)
            // Something stood in the way of all of it, or of a part.
            if ["refused", "partly-fulfilled"].contains(Table.text(done["state"])) {
                throw CommandFailure(.partly, "not all of it could be done: \(RequestCommand.stateWithReason(done))")
            }
        }
    }

    struct Extend: AsyncParsableCommand {
        static let reasons = ExtensionReason.allCases.map(\.rawValue)
        static let configuration = CommandConfiguration(
            abstract: "Take more time, once, within the first period; the person is told.",
            discussion: "Example: gatehouse request extend 019a… --reason complex"
        )
        @OptionGroup var which: Which
        @Option(help: "complex, or many (requests) (GDPR Art. 12(3)).", completion: .list(reasons)) var reason: String

        func run() async throws { which.tell(try await which.take(.extend, ["reason": .string(reason)])) }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn a request down for a reason that its regulation knows; the person is told, and where to complain.",
            discussion: """
                The reasons stand in policies/regulations, each with its article; a wrong one is answered with the list.

                Example: gatehouse request refuse 019a… --reason legal-obligation
                """
        )
        @OptionGroup var which: Which
        @Option(help: "The reason, by its name in the regulation.") var reason: String

        func run() async throws { which.tell(try await which.take(.refuse, ["reason": .string(reason)])) }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that the person wants it no more.", discussion: "Example: gatehouse request withdraw 019a…"
        )
        @OptionGroup var which: Which

        func run() async throws { which.tell(try await which.take(.withdraw)) }
    }
}
