using Core.Tests.Training.Processes;
using Research.Engine;

namespace Core.Tests;

/// <summary>
/// The tests as a program: one process of a group, of which <see cref="ProcessTests"/> starts several; or a process that loads the engine
/// which its environment names and says which it is.
/// </summary>
static class Program
{
    static int Main(string[] arguments)
    {
        if (arguments is ["engine"])
        {
            Operators.Require();
            foreach (var fact in EngineReport.Facts())
                Console.WriteLine($"{fact.Key}: {fact.Value}");
            return 0;
        }
        if (arguments is not [var folder])
        {
            Console.Error.WriteLine(
                "usage: Core.Tests engine | FOLDER, with RANK and WORLD_SIZE set: trains as one of a group"
            );
            return 2;
        }
        try
        {
            MemberProcess.Train(folder);
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or TimeoutException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
