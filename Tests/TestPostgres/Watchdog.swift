import Foundation
import Glibc
import Synchronization

/// A shell that outlives this process, however it ends: it reads what has to be cleaned up and does so at end of file.
package final class Watchdog: Sendable {
    package static let shared = Watchdog()

    private let pipe: Int32
    private let lock = Mutex(())

    private init() {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec: were a child to hold the writing end, the end of this process would go unnoticed.
        precondition(Glibc.pipe(&ends) == 0, "the process is out of file descriptors")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipe = ends[1]
        let script = """
            servers=''; folders=''; processes=''
            while read -r what value; do
              case "$what" in
                folder) folders="$folders $value" ;;
                cluster) servers="$servers $value" ;;
                process) processes="$processes $value" ;;
              esac
            done
            for process in $processes; do
              case "$(readlink "/proc/$process/exe")" in */gatehouse | */bao | */python3* | */pgbouncer) kill -9 "$process" ;; esac
            done
            for folder in $servers; do
              if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid=postgres --regid=postgres --init-groups; else set --; fi
              cd / && "$@" "$GATEHOUSE_TEST_BINARIES/pg_ctl" -D "$folder" -m immediate -w -t 20 stop >/dev/null 2>&1
            done
            for folder in $folders; do
              find "$folder" -name postmaster.pid 2>/dev/null | while read -r file; do
                data="$(dirname "$file")"
                if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid=postgres --regid=postgres --init-groups; else set --; fi
                "$@" "$GATEHOUSE_TEST_BINARIES/pg_ctl" -D "$data" -m immediate -w -t 20 stop >/dev/null 2>&1
              done
              rm -rf "$folder"
            done
            """
        let variables = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "GATEHOUSE_TEST_BINARIES": PostgresBinaries.folder]
        do { _ = try Child(["/bin/sh", "-c", script], environment: variables, folder: "/", reading: ends[0]) } catch {
            preconditionFailure("no shell can be started")
        }
        close(ends[0])
    }

    package func removeAtEnd(_ folder: String) { tell("folder \(folder)") }
    package func killAtEnd(process: Int32) { tell("process \(process)") }
    package func stopAtEnd(cluster data: String) { tell("cluster \(data)") }

    private func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        lock.withLock { _ in _ = write(pipe, bytes, bytes.count) }
    }
}

package enum PostgresBinaries {
    /// Where `initdb`, `pg_ctl`, `psql` and `pg_dump` of the newest installed version are.
    package static let folder: String = {
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []).compactMap { Int($0) }
        return versions.max().map { "/usr/lib/postgresql/\($0)/bin" } ?? "/usr/bin"
    }()

    /// The command as the account that owns a cluster's data: PostgreSQL does not run as root.
    package static func command(_ program: String, _ arguments: [String]) -> [String] {
        asOwner([folder + "/" + program] + arguments)
    }

    static func asOwner(_ command: [String]) -> [String] {
        geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] + command : command
    }
}
