import Assembly

@main
enum Gatehouse {
    static func main() async { await GatehouseCommand.launch() }
}
