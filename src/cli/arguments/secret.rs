//! What clap says about a command line must not repeat a password.

use clap::error::{ContextKind, ContextValue, Error};

/// The error without the words that may be pieces of a connection string. `words` is the whole command line: a string
/// that was not quoted comes as several words.
pub fn hidden(mut error: Error, words: impl IntoIterator<Item = String>) -> Error {
    let suspicious = |word: &str| word.contains("://") || word.to_ascii_lowercase().contains("password=");
    if words.into_iter().any(|word| suspicious(&word)) {
        for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
            let word = match error.get(kind) {
                Some(ContextValue::String(word)) => word.as_str(),
                _ => continue,
            };
            // The name of a flag is no secret; that of an argument is written like `[CONN]`.
            let name = word.starts_with(['-', '[', '<']) && !suspicious(word);
            if !name {
                error.insert(kind, ContextValue::String("…".to_owned()));
            }
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;
    use super::*;

    fn said(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let error = Cli::try_parse_from(&words).expect_err("a wrong command line");
        hidden(error, words).to_string()
    }

    #[test]
    fn parsed_arguments_do_not_show_them_either() {
        for line in ["pgark dump postgres://u:s3cret@h/d -f x", "pgark restore x -d postgres://u:s3cret@h/d"]
        {
            let cli = Cli::try_parse_from(line.split(' ')).expect("valid");
            assert!(!format!("{cli:?}").contains("s3cret"), "{cli:?}");
        }
    }

    #[test]
    fn passwords_are_not_repeated() {
        for line in [
            "pgark dump host=h password=s3cret -f x",
            "pgark dump host=h password=my s3cret -f x",
            "pgark restore x.pgark postgres://u:s3cret@h/d",
            "pgark restore x.pgark -j postgres://u:s3cret@h/d",
            "pgark dump postgres://u:s3cret@h/d s3cret -f x",
            "pgark postgres://u:s3cret@h/d",
        ] {
            assert!(!said(line).contains("s3cret"), "{line}: {}", said(line));
        }
        assert!(said("pgark dump app extra -f x").contains("'extra'"));
        assert!(said("pgark dump postgres://u:s3cret@h/d --frobnicate").contains("'--frobnicate'"));
    }
}
