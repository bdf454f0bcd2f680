-module(hot_deploy_json_tests).
-include_lib("eunit/include/eunit.hrl").

encode(Term) -> iolist_to_binary(hot_deploy_json:encode(Term)).

text_that_would_break_json_is_escaped_test() ->
    ?assertEqual(<<"\"a\\\"b\\\\c\\u000a\"">>, encode(<<"a\"b\\c\n">>)).

everything_outside_ascii_is_escaped_test() ->
    ?assertEqual(<<"\"\\u00e9\\ud83d\\ude00\"">>, encode(<<"é😀"/utf8>>)).

bytes_that_are_no_utf8_are_read_as_latin1_test() ->
    ?assertEqual(<<"\"\\u00ff\"">>, encode(<<255>>)).

atoms_are_text_save_the_three_words_of_json_test() ->
    ?assertEqual(<<"[true,false,null,\"undefined\"]">>, encode([true, false, null, undefined])).

members_stand_in_order_test() ->
    ?assertEqual(<<"{\"a\":1,\"b\":[],\"c\":{}}">>, encode(#{c => #{}, a => 1, b => []})).
