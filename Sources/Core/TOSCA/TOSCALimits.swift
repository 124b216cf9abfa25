import RADL

/// Bounds on what is read and made, so that every document takes a time that its size explains.
package struct TOSCALimits: Sendable, Hashable {
    /// Bytes of a template or of one import.
    package var maximumSize = 16 << 20
    /// Values beyond one for each byte of the text: what aliases may add.
    package var maximumAliasedValues = 100_000
    /// Levels of lists and mappings.
    package var maximumDepth = 100
    /// Documents that a template may import, directly or not.
    package var maximumImports = 64
    /// Levels of imports within imports.
    package var maximumImportDepth = 10
    /// Seconds for one import or artifact.
    package var fetchTimeout: Duration = .seconds(20)
    /// Bytes of one value that functions make.
    package var maximumText = 1 << 20
    /// Values that functions make for one template.
    package var maximumEvaluations = 4_000_000
    /// Nodes of a template, looked at before anything else of them.
    package var maximumNodes = 50_000
    /// Machines of one node.
    package var maximumCount = RADLDeploy.mostMachines

    package init() {}
}
