// swift-tools-version: 6.2
import PackageDescription

// Every target of the project stands in the table below with its folder and what it depends on.
// Dependencies point one way (docs/design/shape.md): tools -> API server -> orchestration ->
// contracts -> model -> RADL. Concrete connectors are imported by `Assembly` and executables only.

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// MARK: - Packages

struct External {
    let package: String
    let requirement: Package.Dependency
}

let externals: [String: External] = [
    "ArgumentParser": External(
        package: "swift-argument-parser",
        requirement: .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")),
    "GRDB": External(
        package: "GRDB.swift",
        requirement: .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")),
    "Hummingbird": External(
        package: "hummingbird",
        requirement: .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0")),
    "HummingbirdCore": External(
        package: "hummingbird",
        requirement: .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0")),
    "HummingbirdTLS": External(
        package: "hummingbird",
        requirement: .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0")),
    "HummingbirdTesting": External(
        package: "hummingbird",
        requirement: .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0")),
    "HTTPTypes": External(
        package: "swift-http-types",
        requirement: .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0")),
    "JWTKit": External(
        package: "jwt-kit",
        requirement: .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1")),
    "Logging": External(
        package: "swift-log",
        requirement: .package(url: "https://github.com/apple/swift-log", from: "1.16.0")),
    "Metrics": External(
        package: "swift-metrics",
        requirement: .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0")),
    "NIOCore": External(
        package: "swift-nio",
        requirement: .package(url: "https://github.com/apple/swift-nio", from: "2.101.0")),
    "NIOHTTP1": External(
        package: "swift-nio",
        requirement: .package(url: "https://github.com/apple/swift-nio", from: "2.101.0")),
    "NIOHTTPTypes": External(
        package: "swift-nio-extras",
        requirement: .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0")),
    "NIOHTTPTypesHTTP1": External(
        package: "swift-nio-extras",
        requirement: .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0")),
    "NIOSSL": External(
        package: "swift-nio-ssl",
        requirement: .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0")),
    "ServiceLifecycle": External(
        package: "swift-service-lifecycle",
        requirement: .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0")),
    "Subprocess": External(
        package: "swift-subprocess",
        requirement: .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0")),
    "SystemPackage": External(
        package: "swift-system",
        requirement: .package(url: "https://github.com/apple/swift-system", from: "1.8.0")),
    "UnixSignals": External(
        package: "swift-service-lifecycle",
        requirement: .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0")),
    "Yams": External(
        package: "Yams",
        requirement: .package(url: "https://github.com/jpsim/Yams", from: "6.2.0")),
]

// MARK: - Targets

enum Kind { case library, executable, test, systemLibrary(pkgConfig: String, apt: String), c }

struct Unit {
    let name: String
    let kind: Kind
    let path: String
    let dependencies: [String]
    var resources: [Resource] = []
    var exclude: [String] = []
    var settings: [SwiftSetting] = []
}

func library(
    _ name: String, _ path: String, _ dependencies: [String] = [],
    resources: [Resource] = [], exclude: [String] = [], settings: [SwiftSetting] = []
) -> Unit {
    Unit(
        name: name, kind: .library, path: "Sources/\(path)", dependencies: dependencies,
        resources: resources, exclude: exclude, settings: settings)
}

func executable(_ name: String, _ dependencies: [String]) -> Unit {
    Unit(name: name, kind: .executable, path: "Sources/Tools/\(name)", dependencies: dependencies)
}

func tests(_ name: String, _ path: String, _ dependencies: [String], exclude: [String] = []) -> Unit {
    Unit(name: name, kind: .test, path: "Tests/\(path)", dependencies: dependencies, exclude: exclude)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Unit {
    Unit(
        name: name, kind: .systemLibrary(pkgConfig: pkgConfig, apt: apt), path: "Sources/CLibs/\(name)",
        dependencies: [])
}

let memorySafe: [SwiftSetting] = [.strictMemorySafety()]

/// Packed relocations (glibc 2.36) and equal functions once: 1 MB less of each process is in memory. Only the toolchain's
/// own linker can do so.
let leanExecutable: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld"] + ["-z", "pack-relative-relocs", "--icf=safe", "-O2"].flatMap { ["-Xlinker", $0] },
        .when(platforms: [.linux], configuration: .release))
]

let units: [Unit] = [
    // C libraries
    system("CLibXML2", pkgConfig: "libxml-2.0", apt: "libxml2-dev"),
    Unit(name: "CCurl", kind: .c, path: "Sources/CLibs/CCurl", dependencies: []),
    Unit(name: "CCrypt", kind: .c, path: "Sources/CLibs/CCrypt", dependencies: []),
    Unit(name: "COpenSSL", kind: .c, path: "Sources/CLibs/COpenSSL", dependencies: []),
    Unit(name: "CProcess", kind: .c, path: "Sources/CLibs/CProcess", dependencies: []),
    Unit(name: "CLibSSH", kind: .c, path: "Sources/CLibs/CLibSSH", dependencies: []),
    // Opens libvirt when it is used: building needs neither the library nor its headers.
    Unit(name: "CLibvirt", kind: .c, path: "Sources/CLibs/CLibvirt", dependencies: []),

    // Core
    library("Support", "Core/Support", ["CProcess", "Logging"]),
    library("JSONCoding", "Core/JSONCoding"),
    library("HTTPTransport", "Core/HTTP", ["Support", "CCurl", "COpenSSL", "Logging"], settings: memorySafe),
    library("RADL", "Core/RADL"),
    library("TOSCA", "Core/TOSCA", ["RADL", "Yams"]),
    library("InfrastructureModel", "Core/Model", ["RADL", "Support"]),
    library("Operations", "Core/Operations", ["Support"]),
    library(
        "Persistence", "Core/Persistence",
        ["InfrastructureModel", "Operations", "JSONCoding", "Support", "GRDB", "COpenSSL", "Logging"]),
    library(
        "Orchestration", "Core/Orchestration",
        [
            "RADL", "TOSCA", "InfrastructureModel", "Operations", "Persistence", "ConnectorAPI",
            "ContextualizationAPI", "JSONCoding", "Support", "Logging",
        ]),

    // Connectors
    library("ConnectorAPI", "Connectors/API"),
    library("ConnectorWire", "Connectors/Wire", ["ConnectorAPI", "JSONCoding"]),
    library("ConnectorSDK", "Connectors/SDK", ["ConnectorAPI", "ConnectorWire", "CProcess"]),
    library(
        "ConnectorHost", "Connectors/Host",
        ["ConnectorAPI", "ConnectorWire", "Support", "COpenSSL", "CProcess", "Logging"]),
    library("ConnectorConformance", "Connectors/Conformance", ["ConnectorAPI"]),
    library("Dummy", "Connectors/Dummy", ["ConnectorAPI"]),
    library("ExistingHosts", "Connectors/ExistingHosts", ["ConnectorAPI"]),
    library(
        "EC2", "Connectors/EC2", ["ConnectorAPI", "HTTPTransport", "Support", "CLibXML2"],
        settings: memorySafe),

    library(
        "OpenStack", "Connectors/OpenStack", ["ConnectorAPI", "HTTPTransport", "JSONCoding", "Support"],
        settings: memorySafe),
    library(
        "Libvirt", "Connectors/Libvirt",
        ["ConnectorAPI", "HTTPTransport", "Support", "CLibvirt", "CLibXML2", "COpenSSL"]),

    // Contextualizer
    library("ContextualizationAPI", "Contextualizer/API", ["Support"]),
    library(
        "SSHTransport", "Contextualizer/SSH", ["CProcess", "ContextualizationAPI", "Support", "CLibSSH", "Logging"],
        settings: memorySafe),
    library("Jinja", "Contextualizer/Jinja", ["Support", "CCrypt"]),
    library("Recipes", "Contextualizer/Recipes", ["Jinja", "Yams"]),
    library("Modules", "Contextualizer/Modules", ["Jinja", "ContextualizationAPI", "Support"]),
    library(
        "Contextualization", "Contextualizer/Engine",
        ["Recipes", "Modules", "Jinja", "ContextualizationAPI", "Support", "COpenSSL", "Logging"]),

    // API
    library("Authorization", "API/Authorization", ["Support"]),
    library("XMLRPC", "API/XMLRPC", ["CLibXML2"], settings: memorySafe),
    library(
        "OpenIDConnect", "API/OpenIDConnect", ["Authorization", "HTTPTransport", "Support", "JWTKit", "Logging"]),
    library("ServiceConfiguration", "API/Configuration"),
    library(
        "APIServer", "API/Server",
        [
            "Orchestration", "InfrastructureModel", "Operations", "RADL", "TOSCA", "Authorization", "XMLRPC",
            "JSONCoding", "Support", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "HTTPTypes", "NIOCore",
            "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOSSL", "Logging",
        ]),

    // Tools
    library("RADLLanguageServer", "Tools/RADLLanguageServer", ["RADL", "JSONCoding"]),
    library(
        "Assembly", "Tools/Assembly",
        [
            "Orchestration", "Persistence", "InfrastructureModel", "Operations", "RADL", "TOSCA", "HTTPTransport",
            "ConnectorAPI", "ConnectorHost", "Dummy", "ExistingHosts", "EC2", "Libvirt", "OpenStack",
            "Contextualization",
            "ContextualizationAPI", "SSHTransport", "Authorization", "OpenIDConnect", "Support", "Logging",
        ]),
    executable(
        "gantry",
        [
            "Assembly", "Orchestration", "InfrastructureModel", "Operations", "Persistence", "RADL", "Authorization",
            "ConnectorAPI", "JSONCoding", "RADLLanguageServer", "HTTPTransport",
            "ConnectorHost", "ConnectorConformance", "Contextualization", "ContextualizationAPI", "Recipes", "Jinja",
            "SSHTransport", "TOSCA", "Support", "CProcess", "ArgumentParser", "Logging", "GRDB",
        ]),
    executable(
        "gantryd",
        [
            "Assembly", "APIServer", "Authorization", "OpenIDConnect", "ServiceConfiguration", "Orchestration",
            "InfrastructureModel", "HTTPTransport", "Support", "CProcess", "ArgumentParser", "ServiceLifecycle",
            "UnixSignals", "Logging",
        ]),
    executable(
        "connector-check",
        [
            "ConnectorConformance", "ConnectorHost", "ConnectorAPI", "Dummy", "EC2", "ExistingHosts", "Libvirt",
            "OpenStack", "Support", "ArgumentParser",
        ]),
    executable("connector-dummy", ["ConnectorSDK", "Dummy"]),
    executable("connector-ec2", ["ConnectorSDK", "EC2"]),
    executable("connector-libvirt", ["ConnectorSDK", "Libvirt"]),
    executable("connector-openstack", ["ConnectorSDK", "OpenStack"]),
    Unit(
        name: "gantry-bench", kind: .executable, path: "Benchmarks/gantry-bench",
        dependencies: ["ConnectorHost", "ConnectorWire", "ConnectorAPI", "Jinja", "RADL", "TOSCA"]),

    // Tests
    Unit(name: "TestSupport", kind: .library, path: "Tests/TestSupport", dependencies: []),
    tests("SupportTests", "SupportTests", ["Support", "Logging"]),
    tests("JSONCodingTests", "JSONCodingTests", ["JSONCoding"]),
    tests("HTTPTransportTests", "HTTPTransportTests", ["HTTPTransport", "Support", "TestSupport", "Logging"]),
    tests("RADLTests", "RADLTests", ["RADL"], exclude: ["Corpus"]),
    tests("RADLLanguageServerTests", "RADLLanguageServerTests", ["RADLLanguageServer", "RADL", "JSONCoding"]),
    tests("TOSCATests", "TOSCATests", ["TOSCA", "RADL"], exclude: ["Corpus"]),
    tests("InfrastructureModelTests", "InfrastructureModelTests", ["InfrastructureModel", "RADL", "Support"]),
    tests(
        "PersistenceTests", "PersistenceTests",
        ["Persistence", "InfrastructureModel", "Operations", "Support", "GRDB"]),
    tests(
        "OrchestrationTests", "OrchestrationTests",
        [
            "Orchestration", "Persistence", "InfrastructureModel", "Operations", "ConnectorAPI", "Dummy",
            "ExistingHosts", "ContextualizationAPI", "RADL", "TOSCA", "Support", "Logging",
        ]),
    tests(
        "ConnectorTests", "ConnectorTests",
        [
            "ConnectorAPI", "ConnectorWire", "ConnectorSDK", "ConnectorHost", "ConnectorConformance",
            "Dummy", "ExistingHosts", "Support", "Logging", "connector-dummy",
        ]),
    tests("EC2ConnectorTests", "EC2ConnectorTests", ["EC2", "ConnectorAPI", "HTTPTransport", "Support"]),
    tests(
        "OpenStackConnectorTests", "OpenStackConnectorTests",
        ["OpenStack", "ConnectorAPI", "HTTPTransport", "JSONCoding", "Support"]),
    tests("LibvirtConnectorTests", "LibvirtConnectorTests", ["Libvirt", "ConnectorAPI", "HTTPTransport", "Support"]),
    tests(
        "SSHTransportTests", "SSHTransportTests",
        ["SSHTransport", "ContextualizationAPI", "Support", "TestSupport"]),
    tests("JinjaTests", "JinjaTests", ["Jinja"], exclude: ["Vectors"]),
    tests("RecipesTests", "RecipesTests", ["Recipes", "Jinja"], exclude: ["Vectors"]),
    tests(
        "ModulesTests", "ModulesTests", ["Modules", "Jinja", "ContextualizationAPI", "Support"], exclude: ["Vectors"]),
    tests(
        "ContextualizationTests", "ContextualizationTests",
        ["Contextualization", "ContextualizationAPI", "Recipes", "Modules", "Jinja", "Support", "Logging"],
        exclude: ["Recorded"]),
    tests("XMLRPCTests", "XMLRPCTests", ["XMLRPC"]),
    tests("AuthorizationTests", "AuthorizationTests", ["Authorization", "Support"]),
    tests(
        "OpenIDConnectTests", "OpenIDConnectTests",
        ["OpenIDConnect", "Authorization", "ConnectorAPI", "HTTPTransport", "Support", "JWTKit", "Logging"]),
    tests("ServiceConfigurationTests", "ServiceConfigurationTests", ["ServiceConfiguration"]),
    tests(
        "APIServerTests", "APIServerTests",
        [
            "APIServer", "Orchestration", "Persistence", "InfrastructureModel", "ConnectorAPI", "Dummy", "TOSCA",
            "ContextualizationAPI", "Authorization", "OpenIDConnect", "HTTPTransport", "XMLRPC", "Support",
            "Hummingbird", "HummingbirdTesting", "HTTPTypes", "Logging",
        ], exclude: ["Recorded"]),
    tests(
        "IntegrationTests", "IntegrationTests",
        [
            "Dummy", "EC2", "Libvirt", "OpenStack", "ConnectorAPI", "HTTPTransport", "JSONCoding", "RADL", "Support",
            "TestSupport",
        ],
        exclude: ["Playbooks"]),
    tests(
        "GantryCommandTests", "GantryCommandTests",
        [
            "gantry", "Assembly", "Orchestration", "Operations", "InfrastructureModel", "ContextualizationAPI",
            "ConnectorAPI", "ConnectorHost", "TOSCA", "HTTPTransport", "JSONCoding", "Support", "ArgumentParser",
            "Authorization", "TestSupport", "Logging", "GRDB",
        ], exclude: ["Recorded"]),
]

// MARK: - Selection

/// `GANTRY_ONLY=RADLTests,Jinja swift test` builds these targets and what they need, with only the
/// packages that those need: a leaf target builds, tests and runs under a sanitizer in seconds.
let selected: Set<String>? = Context.environment["GANTRY_ONLY"].map { names in
    var pending = names.split(separator: ",").map(String.init)
    var closure: Set<String> = []
    while let name = pending.popLast() {
        guard closure.insert(name).inserted else { continue }
        pending += units.first { $0.name == name }?.dependencies ?? []
    }
    return closure
}

let chosen = units.filter { selected?.contains($0.name) ?? true }
let chosenNames = Set(chosen.map(\.name))
let chosenExternals = Set(chosen.flatMap(\.dependencies)).filter { externals[$0] != nil }

@MainActor func make(_ unit: Unit) -> Target {
    let dependencies: [Target.Dependency] = unit.dependencies.map { name in
        if let external = externals[name] {
            return .product(name: name, package: external.package)
        }
        return .byName(name: name)
    }
    let settings = swiftSettings + unit.settings
    switch unit.kind {
    case .library:
        return .target(
            name: unit.name, dependencies: dependencies, path: unit.path, exclude: unit.exclude,
            resources: unit.resources, swiftSettings: settings)
    case .executable:
        return .executableTarget(
            name: unit.name, dependencies: dependencies, path: unit.path, swiftSettings: settings,
            linkerSettings: leanExecutable)
    case .test:
        return .testTarget(
            name: unit.name, dependencies: dependencies, path: unit.path, exclude: unit.exclude,
            swiftSettings: settings)
    case .systemLibrary(let pkgConfig, let apt):
        return .systemLibrary(
            name: unit.name, path: unit.path, pkgConfig: pkgConfig, providers: [.apt([apt])])
    case .c:
        let libraries =
            [
                "CCrypt": ["crypt"], "CCurl": ["curl"], "COpenSSL": ["crypto"], "CLibSSH": ["ssh"],
            ][unit.name] ?? []
        return .target(
            name: unit.name, path: unit.path, publicHeadersPath: "include",
            linkerSettings: libraries.map { .linkedLibrary($0) })
    }
}

// MARK: - Package

let publicLibraries = [
    "ConnectorAPI", "ConnectorSDK", "ConnectorConformance", "RADL", "Jinja", "Recipes",
]

let package = Package(
    name: "gantry",
    products: chosen.compactMap { unit -> Product? in
        switch unit.kind {
        case .library where publicLibraries.contains(unit.name):
            return .library(name: unit.name, targets: [unit.name])
        case .executable where unit.path.hasPrefix("Sources/"):
            return .executable(name: unit.name, targets: [unit.name])
        default:
            return nil
        }
    },
    dependencies: Dictionary(
        chosenExternals.compactMap { name in externals[name].map { ($0.package, $0.requirement) } },
        uniquingKeysWith: { first, _ in first }
    ).sorted { $0.key < $1.key }.map(\.value),
    targets: chosen.map(make),
    swiftLanguageModes: [.v6]
)
