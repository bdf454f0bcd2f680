-module(corpus_words).
-export([hello/0]).

hello() -> <<"hello">>.
