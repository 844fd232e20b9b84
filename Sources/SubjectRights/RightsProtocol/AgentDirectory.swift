package import DataFormats
package import Sealing

/// An agent that the directory of the Data Rights Protocol network lists.
package struct DirectoryAgent: Sendable, Equatable {
    package let id: String
    package let name: String
    package let key: VerifyingKey
    package let webURL: String?

    /// Ids of the schema are capitals and underscores; real ones carry digits, too.
    package static func isID(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }
}

/// What is wrong with a directory, and with which entry, counted from 1.
package struct DirectoryProblem: Error, Sendable, Equatable {
    package let entry: Int
    package let message: String
}

/// `agents.json`: the list of agents, which an operator pins by importing the file. Nothing is fetched.
package enum AgentDirectory {
    package static func read(_ bytes: [UInt8]) throws(DirectoryProblem) -> [DirectoryAgent] {
        guard let entries = (try? JSONReader.read(bytes))?.arrayValue else {
            throw DirectoryProblem(entry: 0, message: "the file is no JSON list of agents")
        }
        var agents: [DirectoryAgent] = []
        for (index, entry) in entries.enumerated() {
            func problem(_ message: String) -> DirectoryProblem { DirectoryProblem(entry: index + 1, message: message) }
            guard let entry = entry.objectValue else { throw problem("an agent is a JSON object") }
            guard let id = entry["id"]?.stringValue, DirectoryAgent.isID(id) else { throw problem("id takes A to Z, digits and _, at most 64") }
            guard let name = entry["name"]?.stringValue, !name.isEmpty, name.utf8.count <= 200 else { throw problem("name is missing") }
            guard let key = entry["verify_key"]?.stringValue.flatMap({ Base64.decode(Array($0.utf8)) }).flatMap({ VerifyingKey(bytes: $0) }) else {
                throw problem("verify_key is no Ed25519 key in base64")
            }
            if agents.contains(where: { $0.id == id }) { throw problem("id \(id) stands twice") }
            agents.append(DirectoryAgent(id: id, name: name, key: key, webURL: entry["web_url"]?.stringValue))
        }
        return agents
    }

    /// What a business publishes of itself.
    ///
    /// - Parameter base: where the calls of the protocol are served, without a slash at the end.
    package static func businessEntry(
        id: String, name: String, base: String, privacyPolicy: String?, web: String?, contact: String
    ) -> JSONObject {
        var entry: JSONObject = [
            "id": .string(id), "name": .string(name), "api_base": .string(base),
            "supported_actions": .array(RightsExercise.Action.allCases.filter { $0.kind != nil }.map { .string($0.rawValue) }),
            "supported_verifications": .array(["email", "phone_number"].map { .string($0) }),
        ]
        if let privacyPolicy { entry["privacy_policy_url"] = .string(privacyPolicy) }
        if let web { entry["web_url"] = .string(web) }
        entry["contacts"] = .array([.object(["email": .string(contact)])])
        return entry
    }
}
