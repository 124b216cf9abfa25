// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of everything that reads what users write. Built by scripts/fuzz-smoke with the flags that link libFuzzer.
let package = Package(
    name: "gantry-fuzz",
    dependencies: [
        .package(name: "gantry", path: ".."),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .target(name: "CFuzzer"),
        // A link to the sources: the module is no product of the package.
        .target(
            name: "FuzzedJSON", path: "Sources/JSONCoding",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
        .target(
            name: "FuzzedTOSCA", dependencies: [.product(name: "RADL", package: "gantry"), "Yams"],
            path: "Sources/TOSCA",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]),
        // Links to those sources of the language server that know no protocol.
        .target(
            name: "FuzzedLanguage", dependencies: [.product(name: "RADL", package: "gantry")], path: "Sources/Language",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]),
        .systemLibrary(name: "CFuzzedXML", path: "Sources/CLibXML2", pkgConfig: "libxml-2.0"),
        .target(
            name: "FuzzedXMLRPC", dependencies: ["CFuzzedXML"], path: "Sources/XMLRPC",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"), .strictMemorySafety(),
            ]),
        // Links to the files that read authorization data; they know the module by its name in the package.
        .target(
            name: "FuzzedSupport", path: "Sources/Support",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
        .target(
            name: "FuzzedAuthorization", dependencies: ["FuzzedSupport"], path: "Sources/Authorization",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .unsafeFlags(["-module-alias", "Support=FuzzedSupport"]),
            ]),
        .executableTarget(
            name: "gantry-fuzz",
            dependencies: [
                "CFuzzer", "FuzzedAuthorization", "FuzzedJSON", "FuzzedLanguage", "FuzzedTOSCA", "FuzzedXMLRPC",
                .product(name: "RADL", package: "gantry"),
                .product(name: "Jinja", package: "gantry"),
                .product(name: "Recipes", package: "gantry"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
