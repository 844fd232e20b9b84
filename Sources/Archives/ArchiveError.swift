package import DurableFiles
package import Sealing

/// Why something with a repository did not work. No personal value is in it, and no secret.
package enum ArchiveError: Error, Sendable, Equatable {
    case medium(MediumError)
    /// There is no repository at this place, and none was to be made.
    case noRepository(String)
    /// There is no backup of this name, or several begin with it.
    case unknownBackup(String, candidates: Int)
    /// An object is not what the manifest says: the key, and in one sentence what is wrong.
    case damaged(String, String)
    /// An object is signed by none of the keys that are trusted, or was changed after it was signed.
    case unsigned(String)
    /// There are fewer recipients than a backup has to have.
    case tooFewRecipients(Int)
    /// Something of age does not open: the key or file, and why.
    case sealed(String, AgeError)
    /// Somebody else is at work, and since when.
    case locked(String, holder: String)
    /// A program of PostgreSQL is missing, or failed: its name, and the last line it said.
    case program(String, String)
    /// A file on this host.
    case file(String, FileError)
    /// A file of the write-ahead log on this host is not what its name says: the name, and in one sentence what is wrong.
    case foreignFile(String, String)
    /// The repository has the log's file of this name with other content.
    case differs(String)
    /// The log of a cluster that no base backup was made of, by its system identifier.
    case unacceptedCluster(String)
    /// There is no way to what a restore is to lead to; in one sentence why.
    case unreachable(String)
    /// Continuous backup has a gap: the first segment that is missing.
    case gap(String)
}
