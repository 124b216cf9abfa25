import ConnectorAPI
import HTTPTransport

/// A service of OpenStack that this connector speaks to.
enum OpenStackService: String, Sendable, Hashable, CaseIterable {
    case compute, network, image, volume

    /// Names under which catalogs have it, the best first.
    var types: [String] {
        switch self {
        case .compute: ["compute"]
        case .network: ["network"]
        case .image: ["image"]
        case .volume: ["volumev3", "block-storage", "block-store"]
        }
    }

    /// The project's name for it.
    var title: String {
        switch self {
        case .compute: "Nova"
        case .network: "Neutron"
        case .image: "Glance"
        case .volume: "Cinder"
        }
    }

    /// Segment of the path that names the version where the catalog leaves it out.
    private var version: String? {
        switch self {
        case .compute: "v2.1"
        case .network: "v2.0"
        case .image: "v2"
        case .volume: nil
        }
    }

    /// The endpoint with its version.
    func versioned(_ url: HTTPURL) -> HTTPURL {
        var url = url
        while url.path.hasSuffix("/") { url.path.removeLast() }
        let hasVersion = url.path.split(separator: "/").contains { $0.wholeMatch(of: /v\d+(\.\d+)?/) != nil }
        if let version, !hasVersion { url.path += "/" + version }
        return url
    }
}

/// The endpoints of a session.
struct ServiceCatalog: Sendable, Hashable {
    let region: String?
    private let endpoints: [OpenStackService: HTTPURL]

    /// Picks the endpoints of one region and interface.
    ///
    /// - Throws: ``ConnectorError/Code/invalidArgument`` that names the regions when the one asked for has no endpoint.
    init(_ services: [KeystoneService], _ account: OpenStackAccount) throws(ConnectorError) {
        let usable = services.flatMap { service in
            service.endpoints.filter { $0.interface == account.interface }.map { (service.type, $0) }
        }
        let computing = usable.filter { OpenStackService.compute.types.contains($0.0) }
        let regions = Set((computing.isEmpty ? usable : computing).compactMap(\.1.region)).sorted()
        let region = account.region ?? (regions.count == 1 ? regions.first : regions.first { $0 == "RegionOne" })
        if account.endpoints[.compute] == nil {
            guard let region, regions.contains(region) else {
                let known = regions.isEmpty ? "none" : regions.joined(separator: ", ")
                throw ConnectorError(
                    code: .invalidArgument,
                    message: (account.region.map { "there is no region '\($0)'" } ?? "the cloud has several regions")
                        + " with \(account.interface) endpoints of Nova at \(account.host); set service_region in the "
                        + "auth line to one of: \(known)",
                    field: "config.service_region")
            }
        }
        var endpoints: [OpenStackService: HTTPURL] = [:]
        for service in OpenStackService.allCases {
            if let own = account.endpoints[service] {
                endpoints[service] = service.versioned(own)
                continue
            }
            let found = service.types.lazy.compactMap { type in
                usable.first { $0.0 == type && $0.1.region == region }
            }.first
            guard let text = found?.1.url else { continue }
            do throws(HTTPError) {
                endpoints[service] = service.versioned(try HTTPURL(text))
            } catch {
                throw ConnectorError(
                    code: .unavailable,
                    message: "the catalog's endpoint of \(service.title) is unusable: \(error.message)")
            }
        }
        self.region = region
        self.endpoints = endpoints
    }

    func has(_ service: OpenStackService) -> Bool { endpoints[service] != nil }

    /// - Throws: ``ConnectorError/Code/unsupported`` when this cloud has no such service.
    func endpoint(_ service: OpenStackService) throws(ConnectorError) -> HTTPURL {
        guard let url = endpoints[service] else {
            throw ConnectorError(
                code: .unsupported,
                message: "this cloud has no \(service.title) (\(service.types.joined(separator: ", "))) in region "
                    + "'\(region ?? "")'")
        }
        return url
    }
}
