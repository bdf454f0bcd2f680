-module(hot_deploy_appup_tests).
-include_lib("eunit/include/eunit.hrl").

%% What is said of a file with this content, for the way from 1.0 to 2.0.
said(Text) ->
    Root = string:trim(os:cmd("mktemp -d")),
    Given = filename:join(Root, "given"),
    ok = file:write_file(Given, Text),
    Request = #{application => "shop", from => "1.0", to => "2.0", ebin => filename:join(Root, "ebin"),
                image => false, given => Given},
    try
        [Answer] = hot_deploy_appup:place(#{path => [], applications => [Request]}),
        ?assertEqual({ok, Text}, file:read_file(filename:join([Root, "ebin", "shop.appup"]))),
        maps:remove(application, Answer)
    after
        file:del_dir_r(Root)
    end.

an_appup_for_this_way_is_usable_test() ->
    [?assertEqual(#{kind => usable}, said(Text))
     || Text <- [<<"{\"2.0\",[{\"1.0\",[]}],[{\"1.0\",[]}]}.">>,
                 <<"%% coding: utf-8\n{\"2.0\",[{<<\"1\\\\.[0-9]+\">>,[]}],[{<<\".*\">>,[{load_module,shop}]}]}.\n">>]].

one_that_knows_the_version_one_way_only_is_missing_the_other_test() ->
    ?assertEqual(#{kind => missing, why => <<"it has no entry for the way down to 1.0">>},
                 said(<<"{\"2.0\",[{\"1.0\",[]}],[{\"0.9\",[]}]}.">>)),
    ?assertEqual(#{kind => missing, why => <<"it has no entry for the way up from and down to 1.0">>},
                 said(<<"{\"2.0\",[{<<\"1\">>,[]}],[]}.">>)).

one_for_another_version_is_missing_test() ->
    ?assertEqual(#{kind => missing, why => <<"it is for version 1.9">>},
                 said(<<"{\"1.9\",[{\"1.0\",[]}],[{\"1.0\",[]}]}.">>)).

what_is_no_term_or_not_of_the_shape_is_unreadable_test() ->
    [begin
         #{kind := Kind, why := Why} = said(Text),
         ?assertEqual({unreadable, Part}, {Kind, case string:find(Why, Part) of nomatch -> Why; _ -> Part end})
     end
     || {Text, Part} <- [
            {<<"{\"2.0\",[{\"1.0\",[}],[]}.">>, <<"syntax error before">>},
            {<<"{\"2.0\",[],[]}">>, <<"1: ">>},
            {<<>>, <<"it holds 0 terms instead of one">>},
            {<<"{\"2.0\",[],[]}. {\"1.0\",[],[]}.">>, <<"it holds 2 terms instead of one">>},
            {<<"{\"2.0\",[{\"1.0\"}],[]}.">>, <<"it is not {Version,">>},
            {<<"{\"2.0\",[{\"1.0\",load}],[]}.">>, <<"it is not {Version,">>},
            {<<"{'2.0',[],[]}.">>, <<"it is not {Version,">>},
            {<<"{\"2.0\",up,down}.">>, <<"it is not {Version,">>},
            {<<"[].">>, <<"it is not {Version,">>},
            {<<"{\"2.0\",[{<<\"(\">>,[]}],[]}.">>, <<"no regular expression">>}
        ]].
