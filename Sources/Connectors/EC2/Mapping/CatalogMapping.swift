import ConnectorAPI
import Foundation

extension Flavor {
    /// One entry for each architecture that the type runs.
    static func all(_ type: EC2InstanceType) -> [Flavor] {
        let architectures = type.architectures.map(EC2Architecture.contract)
        var provider: [String: JSONValue] = ["bareMetal": .bool(type.isBareMetal)]
        provider["instanceStorageBytes"] = type.instanceStorageGB.map { .integer($0 * 1_000_000_000) }
        provider["usageClasses"] = .array(type.usageClasses.map { .string($0) })
        let gpus = type.gpus.map { GPU(vendor: $0.manufacturer, model: $0.name, count: $0.count) }
        return (architectures.isEmpty ? [nil] : architectures.map(Optional.some)).map { architecture in
            Flavor(
                id: type.name, name: type.name, cpuCount: type.cpuCount, memoryBytes: type.memoryMiB << 20,
                architecture: architecture, gpus: gpus.isEmpty ? nil : gpus, provider: ["ec2": .object(provider)])
        }
    }
}

/// Names of architectures at EC2 and in the contract.
enum EC2Architecture {
    static func contract(_ name: String) -> String {
        switch name {
        case "arm64": return "aarch64"
        case "x86_64_mac": return "x86_64"
        case "arm64_mac": return "aarch64"
        default: return name
        }
    }

    static func ec2(_ name: String) -> String {
        name == "aarch64" ? "arm64" : name
    }
}

extension Image {
    init(_ image: EC2Image, region: String) {
        let system = Self.system(of: image)
        let size = image.rootDeviceName.flatMap { image.volumeSizes[$0] }
        var provider: [String: JSONValue] = ["region": .string(region)]
        provider["owner"] = image.owner.map { .string($0) }
        provider["created"] = image.creationDate.map { .string($0) }
        self.init(
            id: image.id, uri: "aws://\(region)/\(image.id)", name: image.name.nonEmpty ?? image.id, os: system,
            architecture: image.architecture.map(EC2Architecture.contract), minDiskBytes: size.map { $0 << 30 },
            loginUser: system?.flavour.flatMap { Self.loginUsers[$0] }, provider: ["ec2": .object(provider)])
    }

    /// Users that the images of each publisher let in by key.
    private static let loginUsers = [
        "almalinux": "ec2-user", "amazon": "ec2-user", "debian": "admin", "fedora": "fedora", "rhel": "ec2-user",
        "rocky": "rocky", "suse": "ec2-user", "ubuntu": "ubuntu",
    ]

    /// Words by which a name tells the distribution, and what follows them its version.
    private static let distributions: [(word: String, flavour: String)] = [
        ("ubuntu", "ubuntu"), ("debian", "debian"), ("rocky", "rocky"), ("almalinux", "almalinux"),
        ("rhel", "rhel"), ("fedora", "fedora"), ("suse", "suse"), ("al2023", "amazon"), ("amzn", "amazon"),
    ]

    private static func system(of image: EC2Image) -> OperatingSystem? {
        if image.platform?.lowercased() == "windows" { return OperatingSystem(name: "windows") }
        let name = image.name.lowercased()
        if name.contains("macos") { return OperatingSystem(name: "mac os x") }
        guard let known = distributions.first(where: { name.contains($0.word) }) else { return nil }
        // The word may also stand in a folder of the name, before numbers that are no version.
        let rest = name.ranges(of: known.word).last.map { name[$0.upperBound...] } ?? ""
        let version = rest.firstMatch(of: /(?:^|[^0-9.])(\d{1,2}(?:\.\d{1,2})?)(?![0-9])/).map { String($0.1) }
        return OperatingSystem(
            name: "linux", flavour: known.flavour, version: known.word == "al2023" ? "2023" : version)
    }
}

/// How images are named by those who ask for them.
enum EC2ImageName {
    /// The id in `ami-…` or `aws://REGION/ami-…`, for a region.
    ///
    /// - Throws: ``ConnectorError/Code/invalidArgument`` for anything else, and for an image of another region.
    static func id(_ text: String, region: String, field: String) throws(ConnectorError) -> String {
        var id = Substring(text)
        if text.hasPrefix("aws://") {
            let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw unusable(text, field) }
            guard parts[0] == region else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "image '\(text)' is in region '\(parts[0])', but these credentials are used in "
                        + "'\(region)'; set region = \(parts[0]) in their auth line",
                    field: field)
            }
            id = parts[1]
        }
        guard isID(id) else { throw unusable(text, field) }
        return String(id)
    }

    static func isID(_ text: some StringProtocol) -> Bool {
        EC2ID.isValid(text, "ami")
    }

    private static func unusable(_ text: String, _ field: String) -> ConnectorError {
        ConnectorError(
            code: .invalidArgument,
            message: "'\(text)' names no image of EC2; it must be like aws://eu-west-1/ami-0123456789abcdef0",
            field: field)
    }
}

/// Ids of EC2: `i-0123456789abcdef0`.
enum EC2ID {
    /// Whether a text has the form of an id of a kind. EC2 refuses a whole batch for one that has not.
    static func isValid(_ text: some StringProtocol, _ kind: String) -> Bool {
        guard text.hasPrefix("\(kind)-") else { return false }
        let digits = text.dropFirst(kind.count + 1)
        return (8...17).contains(digits.count) && digits.allSatisfy { $0.isASCII && $0.isHexDigit && !$0.isUppercase }
    }
}
