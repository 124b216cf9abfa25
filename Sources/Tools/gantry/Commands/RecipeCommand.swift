import ArgumentParser

struct RecipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "recipe", abstract: "Run recipes.")
}
