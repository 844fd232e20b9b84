/// Does what has to be done although the task that wants it was cancelled: a lock given back, an upload given up.
func despiteCancellation<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    // A task of its own is the only thing that does not know of the cancellation of this one; it is waited for, so nothing outlives the caller.
    await Task { await body() }.value
}
