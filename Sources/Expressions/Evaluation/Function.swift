/// The functions there are.
package enum Function: String, Sendable, CaseIterable {
    case size
    case contains, startsWith, endsWith, matches
    case int, uint, double, string, bytes, bool, timestamp, duration, type, dyn
    case getFullYear, getMonth, getDate, getDayOfMonth, getDayOfWeek, getDayOfYear
    case getHours, getMinutes, getSeconds, getMilliseconds
    case ipInRange
}
