import DurableFiles
import NIOSSL
import Sealing
import TransparencyLog

/// Who witnesses the logs, one a line:
///
/// ```
/// # comment
/// file archive /mnt/worm/checkpoints
/// witness north witness.example.com/north+5ba7f1c3+BAb… https://witness.example.com ca=/etc/gatehouse/north.pem
/// timestamp authority https://tsa.example.com/tsr ca=/etc/gatehouse/tsa.pem tls-ca=/etc/gatehouse/tls.pem
/// ```
///
/// Words are separated by spaces or tabs. `ca=` of a `witness` and `tls-ca=` of a `timestamp` name certificates that the server's has to
/// lead to, instead of those that the system trusts; `ca=` of a `timestamp` those that the stamps have to lead to. Addresses are
/// `https`, or `http` on this host.
package struct WitnessSettings: Sendable, Equatable {
    enum Entry: Sendable, Equatable {
        case file(folder: String)
        case witness(key: NoteKey, address: WitnessAddress, tls: String?)
        case timestamp(address: WitnessAddress, authorities: String, tls: String?)
    }

    struct Line: Sendable, Equatable {
        let number: Int
        let name: String
        let entry: Entry
    }

    let lines: [Line]
    /// In the order of the lines; each is there once.
    package var names: [String] { lines.map(\.name) }

    package init(text: String) throws(WitnessSettingsError) {
        var lines: [Line] = []
        var keys: Set<NoteKey> = []
        // A CR and the LF behind it are one character to Swift, so the text is cut as bytes.
        for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            let words = line.split(whereSeparator: isSpace).map { String(Substring($0)) }
            guard let kind = words.first, !kind.hasPrefix("#") else { continue }
            var rest = WitnessLine(words: words, number: index + 1)
            let read = try rest.read()
            guard !lines.contains(where: { $0.name == read.name }) else { throw WitnessSettingsError(.nameRepeated, line: read.number) }
            if case .witness(let key, _, _) = read.entry, !keys.insert(key).inserted { throw WitnessSettingsError(.keyRepeated, line: read.number) }
            lines.append(read)
        }
        self.lines = lines
    }

    /// Reads the files that are named, and makes the witnesses, in the order of the lines. Blocks on the disk: call it at the start.
    ///
    /// Nobody is asked anything yet, and a folder that is missing shows when something is to be kept.
    package func open() throws(WitnessSettingsError) -> [any Witness] {
        var witnesses: [any Witness] = []
        for line in lines { witnesses.append(try open(line)) }
        return witnesses
    }

    private func open(_ line: Line) throws(WitnessSettingsError) -> any Witness {
        switch line.entry {
        case .file(let folder): return FileWitness(name: line.name, folder: folder)
        case .witness(let key, let address, let tls):
            return HTTPWitness(name: line.name, key: key, post: try post(address, tls, line.number))
        case .timestamp(let address, let file, let tls):
            let pem = try read(file, line.number)
            guard let authorities = try? TimestampAuthorities(pem: pem) else {
                throw WitnessSettingsError(.authorityMalformed, line: line.number)
            }
            return TimestampWitness(name: line.name, authorities: authorities, post: try post(address, tls, line.number))
        }
    }

    private func post(_ address: WitnessAddress, _ file: String?, _ line: Int) throws(WitnessSettingsError) -> WitnessPost {
        guard let file else { return WitnessPost(to: address) }
        let pem = try read(file, line)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else {
            throw WitnessSettingsError(.authorityMalformed, line: line)
        }
        return WitnessPost(to: address, trusting: certificates)
    }

    private func read(_ file: String, _ line: Int) throws(WitnessSettingsError) -> [UInt8] {
        do throws(FileError) {
            return try OpenFile.forReading(file, followingLinks: true).readAll(limit: 1 << 20)
        } catch {
            throw WitnessSettingsError(.authorityUnreadable, line: line)
        }
    }
}
