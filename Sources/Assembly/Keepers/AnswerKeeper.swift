import Gateway
import ServiceLifecycle
import Vocabulary

/// Takes away answers that were kept for callers who send their call again, once a day is over.
struct AnswerKeeper: Service {
    let runtime: Runtime

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                // What cannot be done now is done a little later; an answer whose time is over is given to nobody before, too.
                await runtime.forEachTenant("answers") { tenant throws(Refusal) in try await runtime.gateway.dropKeptAnswers(of: tenant) }
            } while (try? await Task.sleep(for: .seconds(300))) != nil
        }
    }
}
