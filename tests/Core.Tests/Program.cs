using Core.Tests.Training.Processes;

namespace Core.Tests;

/// <summary>The tests as a program: one process of a group, of which <see cref="ProcessTests"/> starts several.</summary>
static class Program
{
    static int Main(string[] arguments)
    {
        if (arguments is not [var folder])
        {
            Console.Error.WriteLine("usage: Core.Tests FOLDER, with RANK and WORLD_SIZE set: trains as one of a group");
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
