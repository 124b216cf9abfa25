import ArgumentParser
import Orchestration

struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images of a cloud.",
        discussion: """
            The URL is what a document names in disk.0.image.url.

            EXAMPLES:
              gantry images ost
              gantry images ost --filter distribution=debian --filter version=13
            """)

    @OptionGroup var cloud: CloudOptions
    @Option(
        help: ArgumentHelp(
            "Only those with this distribution or version, or what else the cloud filters by; may be repeated.",
            valueName: "key=value"))
    var filter: [String] = []
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            var filters: [String: String] = [:]
            for text in filter {
                let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard pair.count == 2, !pair[0].isEmpty else {
                    throw UsageError("--filter is KEY=VALUE, such as distribution=debian, not '\(text)'")
                }
                filters[String(pair[0])] = String(pair[1])
            }
            let wanted = filters
            try await cloud.ask { service, id, clouds in
                let images = try await service.images(of: id, among: clouds, filters: wanted)
                if json { return Terminal.line(JSONOutput.pretty(images)) }
                guard !images.isEmpty else {
                    return Terminal.note(wanted.isEmpty ? "there are no images at '\(id)'" : "no such image at '\(id)'")
                }
                Terminal.write(Table.text(["URL", "NAME"], images.map { [$0.uri, $0.name] }))
            }
        }
    }
}

struct QuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota", abstract: "Show limits and use of an account at a cloud.",
        discussion: """
            Where there is no limit, - stands in its place. With --json sizes are in bytes, and the limit -1 is none.

            EXAMPLES:
              gantry quota ost
            """)

    @OptionGroup var cloud: CloudOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            try await cloud.ask { service, id, clouds in
                let quotas = try await service.quotas(of: id, among: clouds)
                if json { return Terminal.line(JSONOutput.pretty(quotas)) }
                let rows = quotas.map { quota in
                    [quota.name, Self.text(quota.used, quota), quota.limit < 0 ? "-" : Self.text(quota.limit, quota)]
                }
                Terminal.write(Table.text(["QUOTA", "USED", "LIMIT"], rows))
            }
        }
    }

    static func text(_ value: Int64, _ quota: CloudQuota) -> String {
        guard quota.isSize else { return String(value) }
        let units: [(bytes: Int64, name: String)] = [
            (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"),
        ]
        guard let unit = units.first(where: { value >= $0.bytes }) else { return "\(value) B" }
        let tenths = value / (unit.bytes / 10)
        return tenths % 10 == 0 ? "\(tenths / 10) \(unit.name)" : "\(tenths / 10).\(tenths % 10) \(unit.name)"
    }
}

/// Which cloud is asked.
struct CloudOptions: ParsableArguments {
    @Argument(help: "Id of the cloud in the authorization file; not needed where that has one cloud.")
    var cloud: String?
    @OptionGroup var place: PlaceOptions

    func ask(_ body: (any InfrastructureService, String, [CloudCredential]) async throws -> Void) async throws {
        let clouds = try await place.clouds()
        let named = cloud ?? (clouds.count == 1 ? clouds[0].id : nil)
        guard let named else {
            throw UsageError(
                clouds.isEmpty
                    ? "no cloud is known: name an authorization file with -a"
                    : "name one of the clouds: \(clouds.map(\.id).joined(separator: ", "))")
        }
        try await place.withService { service in try await body(service, named, clouds) }
    }
}
