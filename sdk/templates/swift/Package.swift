// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "connector-mycloud",
    dependencies: [
        GANTRY_DEPENDENCY
    ],
    targets: [
        .executableTarget(
            name: "connector-mycloud",
            dependencies: [.product(name: "ConnectorSDK", package: "GANTRY_PACKAGE"), "MyCloudDriver"],
            path: "Sources/connector-mycloud"),
        .target(
            name: "MyCloudDriver", dependencies: [.product(name: "ConnectorAPI", package: "GANTRY_PACKAGE")],
            path: "Sources/MyCloudDriver"),
        .testTarget(
            name: "MyCloudDriverTests",
            dependencies: [.product(name: "ConnectorConformance", package: "GANTRY_PACKAGE"), "MyCloudDriver"],
            path: "Tests/MyCloudDriverTests"),
    ],
    swiftLanguageModes: [.v6]
)
