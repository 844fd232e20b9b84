/// Amounts in the currency of a country.
extension SampleLocale {
    /// A price near `euros` euros as a decimal text, rounded as people round prices. The yen, the won and the dong have no
    /// decimals (ISO 4217).
    func price(euros: Int) -> String {
        let amount = euros * unitsPerEuro
        var step = 1
        while step * 100 <= amount { step *= 10 }
        step = max(1, step / 2)
        let rounded = String(amount / step * step)
        return switch currency {
        case "JPY", "KRW", "VND": rounded
        default: rounded + ".00"
        }
    }
}
