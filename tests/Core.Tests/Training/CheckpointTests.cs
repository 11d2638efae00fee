using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

public class CheckpointTests
{
    static Checkpoint At(long step) =>
        new(
            step,
            new Dictionary<string, string> { ["seed"] = "3" },
            [0.1 + 0.2, 1 / 3.0],
            new Dictionary<string, Tensor>
            {
                ["model.w"] = torch.full([3, 2], (double)step),
                ["optimizer.w.step"] = torch.tensor(1.5f),
            }
        );

    static string Name(long step) => $"step-{step:d9}";

    static (long? Step, List<string> Notices) Load(string folder)
    {
        using var scope = NewDisposeScope();
        var notices = new List<string>();
        var loaded = new CheckpointFolder(folder).LoadNewest(notices.Add);
        if (loaded is not null)
            Assert.Equal((float)loaded.Step, loaded.Part("model.")["w"][2, 1].item<float>());
        return (loaded?.Step, notices);
    }

    [Fact]
    public void What_is_written_is_read_back_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var checkpoints = new CheckpointFolder(folder.Path);
        Assert.Equal(Path.Combine(folder.Path, Name(40)), checkpoints.Save(At(40)));
        var back = checkpoints.LoadNewest(_ => Assert.Fail("nothing to notice"))!;
        Assert.Equal(40, back.Step);
        Assert.Equal([0.1 + 0.2, 1 / 3.0], back.RecentLosses);
        Assert.Equal("3", back.Settings["seed"]);
        Assert.Equal(["w.step"], back.Part("optimizer.").Keys);
    }

    [Fact]
    public void An_empty_folder_has_no_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var (step, notices) = Load(Path.Combine(folder.Path, "new"));
        Assert.Null(step);
        Assert.Empty(notices);
    }

    [Fact]
    public void Of_the_processes_that_open_a_folder_together_only_the_writer_clears_it()
    {
        using var folder = new TemporaryFolder();
        var begun = Directory.CreateDirectory(Path.Combine(folder.Path, ".unfinished-1")).FullName;
        _ = new CheckpointFolder(folder.Path, writes: false);
        Assert.True(Directory.Exists(begun));
        _ = new CheckpointFolder(folder.Path);
        Assert.False(Directory.Exists(begun));
    }

    [Fact]
    public void The_newest_two_are_kept()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var checkpoints = new CheckpointFolder(folder.Path);
        foreach (var step in new[] { 10, 20, 30 })
            checkpoints.Save(At(step));
        Assert.Equal([Name(20), Name(30)], Directory.GetDirectories(folder.Path).Select(Path.GetFileName).Order());
    }

    public static TheoryData<string, Action<string>> Damages =>
        new()
        {
            { "cut tensors", f => Cut(Path.Combine(f, "state.safetensors")) },
            { "a flipped bit in the tensors", f => Flip(Path.Combine(f, "state.safetensors")) },
            { "a flipped bit in the head", f => Flip(Path.Combine(f, "state.json")) },
            { "no tensors", f => File.Delete(Path.Combine(f, "state.safetensors")) },
            { "no head", f => File.Delete(Path.Combine(f, "state.json")) },
            { "no sums", f => File.Delete(Path.Combine(f, "SHA256SUMS")) },
            { "empty sums", f => File.WriteAllText(Path.Combine(f, "SHA256SUMS"), "") },
            { "garbled sums", f => File.WriteAllText(Path.Combine(f, "SHA256SUMS"), "nonsense\n") },
        };

    static void Cut(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length - 7);
    }

    static void Flip(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^9] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_newest_one_falls_back_to_the_one_before_and_says_so_in_a_line(
        string what,
        Action<string> damage
    )
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var checkpoints = new CheckpointFolder(folder.Path);
        checkpoints.Save(At(10));
        checkpoints.Save(At(20));
        damage(Path.Combine(folder.Path, Name(20)));

        var (step, notices) = Load(folder.Path);
        Assert.True(step == 10, what);
        var line = Assert.Single(notices);
        Assert.Contains(Name(20), line);
        Assert.Contains(Name(10), line);
        Assert.DoesNotContain('\n', line);

        // what was passed over does not push the good one out when the run writes its next
        checkpoints.Save(At(15));
        Assert.Equal((15, 0), (Load(folder.Path).Step, Load(folder.Path).Notices.Count));
        Assert.True(Directory.Exists(Path.Combine(folder.Path, Name(10))));
    }

    [Fact]
    public void When_all_are_damaged_the_run_begins_anew_and_says_so()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        new CheckpointFolder(folder.Path).Save(At(10));
        Flip(Path.Combine(folder.Path, Name(10), "state.safetensors"));
        var (step, notices) = Load(folder.Path);
        Assert.Null(step);
        Assert.Contains("the beginning", Assert.Single(notices));
    }

    [Fact]
    public void What_a_killed_process_left_half_written_is_cleared()
    {
        using var folder = new TemporaryFolder();
        var left = Directory.CreateDirectory(Path.Combine(folder.Path, ".unfinished-abc"));
        File.WriteAllText(Path.Combine(left.FullName, "state.json"), "{");
        Assert.Null(Load(folder.Path).Step);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "file");
        File.WriteAllText(file, "");
        var error = Assert.Throws<IOException>(() => new CheckpointFolder(Path.Combine(file, "checkpoint")));
        Assert.Contains(Path.Combine(file, "checkpoint"), error.Message);
    }
}
