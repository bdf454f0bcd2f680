-module(hot_deploy_agent_tests).
-include_lib("eunit/include/eunit.hrl").
-export([reply/1]).

reply(Argument) -> Argument.

asked(Environment, Token) ->
    Self = self(),
    Printer = spawn_link(fun() ->
        receive
            {io_request, From, As, {put_chars, unicode, Text}} ->
                From ! {io_reply, As, ok},
                Self ! {printed, unicode:characters_to_list(Text)}
        end
    end),
    Leader = group_leader(),
    group_leader(Printer, self()),
    try hot_deploy_agent:main(?MODULE, reply, <<"said">>, {Environment, Token}) after group_leader(Leader, self()) end,
    receive {printed, Text} -> Text end.

said(Environment, Token) ->
    Text = asked(Environment, Token),
    case string:find(Text, "overtaken") of
        nomatch -> ?assertNotEqual(nomatch, string:find(Text, "said")), said;
        _ -> ?assertEqual(nomatch, string:find(Text, "{\"ok\"")), overtaken
    end.

a_later_run_turns_an_earlier_one_away_test() ->
    ?assertEqual(said, said(<<"a">>, 5)),
    ?assertEqual(said, said(<<"a">>, 5)),
    ?assertEqual(said, said(<<"a">>, 7)),
    ?assertEqual(overtaken, said(<<"a">>, 6)),
    ?assertEqual(said, said(<<"a">>, 7)),
    %% Another environment has its own runs.
    ?assertEqual(said, said(<<"b">>, 1)).
