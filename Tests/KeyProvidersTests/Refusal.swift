import KeyProviders
import Testing

/// Expects a refusal with this code, told in one sentence with a hint; answers it for a closer look.
@discardableResult
func refused(
    _ code: KeyProviderError.Code, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> KeyProviderError? {
    let error = await #expect(throws: KeyProviderError.self, sourceLocation: location) { try await body() }
    guard let error else { return nil }
    #expect(error.code == code, "\(error)", sourceLocation: location)
    #expect(error.hint?.isEmpty == false, "\(error)", sourceLocation: location)
    for text in [error.message, error.hint ?? ""] {
        #expect(!text.contains("\n") && !text.hasSuffix("."), "\(text)", sourceLocation: location)
    }
    return error
}
