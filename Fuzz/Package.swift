// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of everything that reads what users write. Built by scripts/fuzz-smoke with the flags that link libFuzzer.
let package = Package(
    name: "gantry-fuzz",
    dependencies: [.package(name: "gantry", path: "..")],
    targets: [
        .target(name: "CFuzzer"),
        // A link to the sources: the module is no product of the package.
        .target(
            name: "FuzzedJSON", path: "Sources/JSONCoding",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
        .executableTarget(
            name: "gantry-fuzz",
            dependencies: [
                "CFuzzer", "FuzzedJSON", .product(name: "RADL", package: "gantry"),
                .product(name: "Jinja", package: "gantry"),
                .product(name: "Recipes", package: "gantry"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
