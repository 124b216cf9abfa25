// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of everything that reads what users write. Built by scripts/fuzz-smoke with the flags that link libFuzzer.
let package = Package(
    name: "gantry-fuzz",
    dependencies: [.package(name: "gantry", path: "..")],
    targets: [
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "gantry-fuzz",
            dependencies: [
                "CFuzzer", .product(name: "RADL", package: "gantry"), .product(name: "Jinja", package: "gantry"),
                .product(name: "Recipes", package: "gantry"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
