namespace Research.Corpora.Import;

/// <summary>Keeps what was read before a fault of the whole file.</summary>
static class Guard
{
    /// <summary>The items before the fault, which goes to the log.</summary>
    public static IEnumerable<T> Until<T>(IEnumerable<T> items, string place, SkipLog log)
    {
        using var each = items.GetEnumerator();
        while (true)
        {
            try
            {
                if (!each.MoveNext())
                    break;
            }
            catch (UnpackedTooLargeException error)
            {
                log.Add(place, PairFault.TooLarge, error.Message);
                break;
            }
            catch (Exception error)
                when (error
                        is InvalidDataException
                            or EndOfStreamException
                            or IOException
                            or UnauthorizedAccessException
                )
            {
                log.Add(place, PairFault.TruncatedArchive, error.Message);
                break;
            }
            yield return each.Current;
        }
    }
}
