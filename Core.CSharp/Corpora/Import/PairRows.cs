namespace Research.Corpora.Import;

/// <summary>Turns a found and checked picture into the manifest's rows.</summary>
sealed class PairRows(ImportOptions options, ICorpusReader reader, string folder)
{
    readonly SplitRule splits = new(options.Name, options.TestShare, options.ValidationShare);

    /// <summary>Whether each caption is its own pair, in rows that may be apart: then a concept is one picture, even with few rows here.</summary>
    public bool Scattered => reader.PicturesMayRepeat && options.Captions.Choice == CaptionChoice.All;

    /// <summary>The manifest's name for the file that holds a picture.</summary>
    public string ShardOf(FoundPicture picture) =>
        Path.GetDirectoryName(picture.File) == folder
            ? ShardFiles.OwnPrefix + Path.GetFileName(picture.File)
            : Path.GetRelativePath(reader.Root, picture.File);

    /// <summary>The picture's rows, without ids; none, and an entry in the log, when it has no caption.</summary>
    public IEnumerable<CorpusEntry> Of(FoundPicture picture, PictureCheck check, SkipLog log)
    {
        var captions = options.Captions.Of(picture, out var reason);
        if (captions.Count == 0)
        {
            var (fault, why) =
                picture.CaptionFault
                ?? (
                    picture.Unreadable.Count > 0
                        ? (PairFault.InvalidText, picture.Unreadable[0])
                        : (PairFault.MissingCaption, reason!)
                );
            log.Add(picture.Key, fault, why);
            return [];
        }
        if (picture.CaptionFault is { } lost)
            log.LoseField(picture.Key, lost.Reason);
        foreach (var why in picture.Unreadable)
            log.LoseField(picture.Key, why);
        var source = picture.Text(options.SourceColumn) ?? options.Name;
        // Exports of this program carry their keys.
        var key = picture.Text("key") is { } own && own.Contains('/') ? own : $"{source}/{picture.Key}";
        var concept =
            picture.Text(options.ConceptColumn)
            ?? (
                captions.Count == 1 && !reader.CaptionsAreShared && !picture.IsLabelled && !Scattered
                    ? captions[0].ToLowerInvariant()
                    : picture.Key
            );
        if (SideOf(picture, concept) is not { } side)
        {
            log.Add(
                picture.Key,
                PairFault.Damaged,
                $"it states the side '{picture.Text(options.SplitColumn)}' in '{options.SplitColumn}'; known sides are train, restval, val, validation, dev, test (--split-column names another column)"
            );
            return [];
        }
        var group = picture.Text("group") ?? "";
        var row = new CorpusEntry(
            0,
            key,
            captions[0],
            Tags(picture),
            concept,
            source,
            group,
            picture.Text("subgroup") ?? picture.Text("label") ?? group,
            side,
            picture.Text("licence") ?? picture.Text("license") ?? "",
            check.PerceptualHash,
            ShardOf(picture),
            picture.Offset,
            (int)picture.Size
        )
        {
            Width = check.Width,
            Height = check.Height,
        };
        if (captions.Count == 1)
            return [row];
        if (options.Captions.Choice == CaptionChoice.Random)
            return [row with { Alternatives = [.. captions.Skip(1)] }];
        return captions.Select((caption, i) => row with { Key = $"{key}#{i}", Caption = caption });
    }

    // Null where it states an unknown one.
    Split? SideOf(FoundPicture picture, string concept) =>
        picture.Text(options.SplitColumn) is { } stated ? SplitNames.Of(stated) : splits.Of(concept);

    static IReadOnlyList<string> Tags(FoundPicture picture)
    {
        foreach (var name in new[] { "tags", "keywords" })
            if (picture.Fields.TryGetValue(name, out var value))
                return value.IsList
                    ? value.Texts
                    : picture
                        .Text(name)
                        ?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                        ?? [];
        return [];
    }
}
