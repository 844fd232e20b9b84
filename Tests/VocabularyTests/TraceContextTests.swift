import Testing

@testable import Vocabulary

/// What goes out in `traceparent`.
struct TraceContextTests {
    private let trace = TraceID("4bf92f3577b34da6a3ce929d0e0e4736")

    @Test func `a parent has the form that W3C Trace Context gives it`() throws {
        let trace = try #require(trace)
        #expect(TraceContext.parent(trace, span: 0xF067_AA0B_A902B7) == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        #expect(TraceContext.parent(trace, span: 1).hasSuffix("-0000000000000001-01"))
        #expect(TraceContext.parent(trace, span: .max).hasSuffix("-ffffffffffffffff-01"))
    }

    @Test func `each call is a span of its own, in the trace of the task, and else in one of its own`() async throws {
        let trace = try #require(trace)
        let (own, others) = (TraceContext.parent(), TraceContext.parent())
        #expect(own.prefix(35) != others.prefix(35) && own.utf8.count == 55)
        await TraceContext.$current.withValue(trace) {
            let (one, two) = (TraceContext.parent(), TraceContext.parent())
            #expect(one.prefix(36) == "00-4bf92f3577b34da6a3ce929d0e0e4736-" && one.prefix(36) == two.prefix(36) && one != two)
            async let inner = TraceContext.parent()
            #expect(await inner.prefix(36) == one.prefix(36))
        }
        #expect(TraceContext.current == nil)
    }
}
