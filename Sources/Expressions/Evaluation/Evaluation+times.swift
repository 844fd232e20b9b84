import Vocabulary

/// The parts of timestamps and durations.
extension Evaluation {
    func timeField(_ function: Function, of value: Value, zone: Value?, at node: Node) throws(EvaluationError) -> Int64 {
        switch (value, zone) {
        case (.duration(let length), nil):
            switch function {
            case .getHours: return length.count / 3_600_000_000_000
            case .getMinutes: return length.count / 60_000_000_000
            case .getSeconds: return length.count / 1_000_000_000
            case .getMilliseconds: return length.count / 1_000_000 % 1000
            default: throw EvaluationError(.noSuchOverload, at: node.place)
            }
        case (.timestamp(let time), nil): return Self.field(function, of: time, offset: 0)
        case (.timestamp(let time), .string(let zone)):
            guard let offset = TimeZones.offset(of: zone, at: time.seconds) else { throw EvaluationError(.badConversion, at: node.place) }
            return Self.field(function, of: time, offset: offset)
        default: throw EvaluationError(.noSuchOverload, at: node.place)
        }
    }

    private static func field(_ function: Function, of time: Timestamp, offset: Int) -> Int64 {
        let seconds = time.seconds + Int64(offset)
        let days = seconds.flooredQuotient(86_400)
        let inDay = seconds - days * 86_400
        let date = CalendarDate(daysSince1970: Int32(truncatingIfNeeded: days))
        switch function {
        case .getFullYear: return Int64(date.components.year)
        case .getMonth: return Int64(date.components.month - 1)
        case .getDate: return Int64(date.components.day)
        case .getDayOfMonth: return Int64(date.components.day - 1)
        case .getDayOfWeek:
            // 1970-01-01 was a Thursday.
            let shifted = (days + 4) % 7
            return shifted < 0 ? shifted + 7 : shifted
        case .getDayOfYear:
            let (year, month, day) = date.components
            let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
            return Int64(before + (isLeap && month > 2 ? 1 : 0) + day - 1)
        case .getHours: return inDay / 3600
        case .getMinutes: return inDay / 60 % 60
        case .getSeconds: return inDay % 60
        default: return Int64(time.nanoseconds / 1_000_000)
        }
    }
}

extension Function {
    var isTimeField: Bool {
        switch self {
        case .getFullYear, .getMonth, .getDate, .getDayOfMonth, .getDayOfWeek, .getDayOfYear, .getHours, .getMinutes, .getSeconds,
            .getMilliseconds:
            true
        default: false
        }
    }
}
