/// A class of events of the Open Cybersecurity Schema Framework 1.5.0.
package enum OCSFClass: Int, Sendable, CaseIterable {
    case accountChange = 3001
    case entityManagement = 3004
    case userAccess = 3005
    case apiActivity = 6003
    case datastoreActivity = 6005

    /// The category is the thousands of the class: 3 is identity and access, 6 is what applications do.
    package var category: Int { rawValue / 1000 }

    var caption: String {
        switch self {
        case .accountChange: "Account Change"
        case .entityManagement: "Entity Management"
        case .userAccess: "User Access Management"
        case .apiActivity: "API Activity"
        case .datastoreActivity: "Datastore Activity"
        }
    }
}

/// What was done, in the words of its class.
package struct OCSFActivity: Sendable, Equatable {
    /// The activity of every class that says: none of the others, see the name.
    package static let otherID = 99

    package let eventClass: OCSFClass
    package let id: Int
    package let caption: String

    private init(_ eventClass: OCSFClass, _ id: Int, _ caption: String) {
        self.eventClass = eventClass
        self.id = id
        self.caption = caption
    }

    package var typeID: Int { eventClass.rawValue * 100 + id }

    static let readRecord = OCSFActivity(.datastoreActivity, 1, "Read")
    static let updateRecord = OCSFActivity(.datastoreActivity, 2, "Update")
    static let writeRecords = OCSFActivity(.datastoreActivity, 5, "Write")
    static let createRecord = OCSFActivity(.datastoreActivity, 6, "Create")
    static let deleteRecord = OCSFActivity(.datastoreActivity, 7, "Delete")
    static let listRecords = OCSFActivity(.datastoreActivity, 8, "List")

    static let apiCreate = OCSFActivity(.apiActivity, 1, "Create")
    static let apiRead = OCSFActivity(.apiActivity, 2, "Read")
    static let apiUpdate = OCSFActivity(.apiActivity, 3, "Update")
    static let apiDelete = OCSFActivity(.apiActivity, 4, "Delete")

    static let createAccount = OCSFActivity(.accountChange, 1, "Create")
    static let disableAccount = OCSFActivity(.accountChange, 5, "Disable")

    static let createEntity = OCSFActivity(.entityManagement, 1, "Create")
    static let readEntity = OCSFActivity(.entityManagement, 2, "Read")
    static let updateEntity = OCSFActivity(.entityManagement, 3, "Update")
    static let deleteEntity = OCSFActivity(.entityManagement, 4, "Delete")

    static let assignPrivileges = OCSFActivity(.userAccess, 1, "Assign Privileges")
    static let revokePrivileges = OCSFActivity(.userAccess, 2, "Revoke Privileges")
    /// One action of the trail approves a grant or closes it, and its entry does not say which.
    static let reviewPrivileges = OCSFActivity(.userAccess, otherID, "Approve or Close")

    /// What this table does not know is delivered all the same, under the action's own name.
    static func unknown(_ action: String?) -> OCSFActivity { OCSFActivity(.apiActivity, otherID, action ?? "Unknown") }
}
