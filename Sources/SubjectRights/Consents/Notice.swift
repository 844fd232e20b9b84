import Foundation
import Sealing

/// One version of the words that people are asked with, as `policies/notices/*.yaml` declares it.
package struct Notice: Sendable {
    /// What is shown in one language.
    package struct Wording: Sendable, Equatable {
        package let language: String
        package let title: String
        package let text: String
        /// SHA-256 over title, a line feed and text, in Unicode's canonical composition (NFC) as UTF-8.
        package let hash: [UInt8]

        package init(language: String, title: String, text: String) {
            self.language = language
            self.title = title
            self.text = text
            hash = Self.hash(title: title, text: text)
        }

        package static func hash(title: String, text: String) -> [UInt8] {
            SHA256.hash(Array("\(title)\n\(text)".precomposedStringWithCanonicalMapping.utf8))
        }
    }

    package let reference: NoticeReference
    /// The purposes it asks for, each to be answered by itself.
    package let purposes: [String]
    /// Classes of the Data Privacy Vocabulary's extension for personal data, such as `EmailAddress`.
    package let personalData: [String]
    /// How long a consent given to it lasts; `nil` until it is withdrawn.
    package let term: ConsentTerm?
    /// No consent rests on it any more: whoever agreed to it has to be asked anew.
    package let isRetired: Bool
    /// The first is the one for people whose language nobody knows.
    package let wordings: [Wording]

    package init(
        reference: NoticeReference, purposes: [String], personalData: [String], term: ConsentTerm?, isRetired: Bool, wordings: [Wording]
    ) {
        self.reference = reference
        self.purposes = purposes
        self.personalData = personalData
        self.term = term
        self.isRetired = isRetired
        self.wordings = wordings
    }

    /// In this language, in its main language (`de` of `de-AT`); `nil` when there is neither.
    package func wording(in language: String) -> Wording? {
        let wanted = language.lowercased()
        let main = wanted.prefix { $0 != "-" }
        return wordings.first { $0.language.lowercased() == wanted } ?? wordings.first { $0.language.lowercased() == main }
    }
}

/// Every version of every notice.
package struct Notices: Sendable {
    package let all: [Notice]

    package init(_ all: [Notice] = []) { self.all = all }

    package func notice(_ reference: NoticeReference) -> Notice? { all.first { $0.reference == reference } }

    /// The newest version of a notice that is not retired.
    package func newest(named id: String) -> Notice? { newest { $0.reference.id == id } }

    /// What people are asked for a purpose with now.
    package func newest(for purpose: String) -> Notice? { newest { $0.purposes.contains(purpose) } }

    private func newest(_ fits: (Notice) -> Bool) -> Notice? {
        all.filter { !$0.isRetired && fits($0) }.max { $0.reference.version < $1.reference.version }
    }

    /// The retired ones, by the purposes that they asked for.
    package var retired: [String: [String]] {
        var retired: [String: [String]] = [:]
        for notice in all where notice.isRetired {
            for purpose in notice.purposes { retired[purpose, default: []].append(notice.reference.description) }
        }
        return retired
    }
}
