import CEpoll
import Foundation
import Glibc
import Synchronization

/// The one thread that talks to every database: callers put commands into an inbox and ring an eventfd; epoll tells
/// which connection has something to say. Nothing here ever blocks but `epoll_wait`.
package final class LinkEngine: Sendable {
    enum Command: Sendable {
        case open(Pool)
        case submit(Unit, Pool)
        case acquire(LeaseRequest, Pool)
        case abandonRequest(LeaseRequest, Pool)
        case submitExclusive(Unit, Pool)
        case submitLeased(Unit, LeasedConnection, Pool)
        case copy(CopyCommand, LeasedConnection, Pool)
        case abandonCopy(CopyCommand, LeasedConnection, Pool)
        case release(LeasedConnection, Pool)
        case abandon(Unit, Pool)
        case close(Pool, @Sendable () -> Void)
        case stop(@Sendable () -> Void)
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopped = false
    }

    private let inbox = Mutex(Inbox())
    private let bell: Int32

    package init() {
        bell = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(bell >= 0, "no eventfd: the process is out of file descriptors")
        let thread = Thread { [self] in EngineLoop(engine: self, bell: bell).run() }
        thread.start()
    }

    deinit { Glibc.close(bell) }

    /// Hands a command to the engine's thread; false when the engine has stopped and will never look again.
    @discardableResult
    func post(_ command: Command) -> Bool {
        let (isAccepted, wasEmpty) = inbox.withLock { inbox in
            guard !inbox.isStopped else { return (false, false) }
            inbox.commands.append(command)
            return (true, inbox.commands.count == 1)
        }
        if wasEmpty { eventfd_write(bell, 1) }
        return isAccepted
    }

    /// Exchanges the inbox for an empty array, whose room is used again.
    func takeCommands(into commands: inout [Command]) {
        commands.removeAll(keepingCapacity: true)
        inbox.withLock { swap(&$0.commands, &commands) }
    }

    func markStopped() -> [Command] {
        inbox.withLock { inbox in
            inbox.isStopped = true
            return inbox.commands
        }
    }

    /// Ends the thread after closing every connection.
    package func stop() async {
        await withCheckedContinuation { continuation in
            if !post(.stop({ continuation.resume() })) { continuation.resume() }
        }
    }
}
