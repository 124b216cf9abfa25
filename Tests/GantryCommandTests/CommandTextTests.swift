import Testing

@testable import gantry

@Suite struct CommandTextTests {
    @Test(arguments: [
        (["gantry", "up", "a.radl", "--name", "prod"], "gantry up a.radl --name prod"),
        (["up", "my file.radl"], "up 'my file.radl'"),
        (["up", "it's", "", "$HOME"], #"up 'it'\''s' '' '$HOME'"#),
    ])
    func isWhatAShellTakes(words: [String], text: String) {
        #expect(CommandText.text(words) == text)
    }
}
