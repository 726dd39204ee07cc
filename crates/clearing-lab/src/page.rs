//! Pages for a browser: templates with markers, and what every page holds.

use thiserror::Error;

/// The style of every page.
pub(crate) const STYLE: &str = include_str!("../assets/report.css");
/// The library of charts.
pub(crate) const CHARTS: &str = include_str!("../assets/echarts.min.js");

/// A page that cannot be made.
#[derive(Debug, Error)]
pub enum PageError {
    /// What the charts draw cannot be written as JSON.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// The template asks for something that nothing knows.
    #[error("the template of a page has an unknown marker {0}")]
    Marker(String),
}

/// Puts a text in the place of each `{{marker}}`.
///
/// What is put in is not looked at again, so a name from a file cannot bring in a marker of its own.
pub(crate) fn fill(
    template: &str,
    text: impl Fn(&str) -> Option<String>,
) -> Result<String, PageError> {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (marker, rest) = part.split_once("}}").unwrap_or((part, ""));
        page.push_str(&text(marker).ok_or_else(|| PageError::Marker(marker.to_owned()))?);
        page.push_str(rest);
    }
    Ok(page)
}

/// JSON that cannot end the element it stands in.
pub(crate) fn script_json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    // In a script a browser ends the element at "</script" even within a text of JavaScript.
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

/// Text between tags or in a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let again = |marker: &str| (marker != "z").then(|| format!("{{{{{marker}}}}}"));
        assert_eq!(fill("a {{x}} b {{y}}", again).unwrap(), "a {{x}} b {{y}}");
        let error = fill("a {{z}}", again).unwrap_err().to_string();
        assert_eq!(error, "the template of a page has an unknown marker z");
    }

    #[test]
    fn data_cannot_end_its_element() {
        assert_eq!(script_json(&"</script><!--").unwrap(), "\"\\u003c/script>\\u003c!--\"");
    }

    #[test]
    fn text_cannot_end_the_element_it_stands_in() {
        assert_eq!(escape("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    }
}
