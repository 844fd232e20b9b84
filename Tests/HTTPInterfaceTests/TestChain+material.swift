import HTTPInterface
import Sealing
import TestPostgres

extension TestChain {
    func material(
        _ name: String, key: String? = nil, clients: ServerTLS.ClientCertificates? = nil
    ) throws -> ServerTLS.Material {
        let keyBytes = bytes((key ?? name) + ".key")
        let secret = SecretBytes(count: keyBytes.count) { $0.copyBytes(from: keyBytes) }
        return ServerTLS.Material(
            chain: bytes(name + ".pem"), key: secret, clientAuthorities: clients == nil ? nil : bytes("ca.pem"),
            clientCertificates: clients ?? .optional)
    }
}
