-module(hot_deploy_plain_tests).
-include_lib("eunit/include/eunit.hrl").

words(Lines) -> base64:encode(unicode:characters_to_binary(lists:join("\n", Lines))).

%% A bundle from what this VM runs to another version, with one module that is unlike, or none.
bundle(Words, Unlike) ->
    #{version := Version, modules := Modules} = hot_deploy_node:identify(#{untouched => true}),
    Runs = [{atom_to_binary(Module), Digest} || {Module, Digest} <- maps:to_list(Modules)],
    #{
        from => unicode:characters_to_list(Version), to => "next",
        old => Runs -- [{Name, Digest} || {Name, Digest} <- Runs, lists:member(Name, Unlike)],
        new => Runs, applications => [],
        updates => [], loads => [], removed => [], added => [], directories => ["lib/a-1", "releases/next"],
        words => hot_deploy_plain:words(words(Words))
    }.

said(Words, Unlike) -> hot_deploy_plain:ask(bundle(Words, Unlike)).

words_are_read_whatever_they_hold_test() ->
    ?assertEqual(#{<<"ask">> => <<"ready">>, <<"environment">> => <<"it's a \"b\"">>, <<"fresh">> => <<>>},
                 hot_deploy_plain:words(words(["ask ready", "environment it's a \"b\"", "fresh "]))).

%% While these tests run the VM has not booted, as they are evaluated by its start.
state(Bundle) ->
    Identity = hot_deploy_node:identify(#{untouched => true}),
    unicode:characters_to_list(hot_deploy_plain:state(Identity#{booted := true}, Bundle)).

a_node_that_has_not_booted_is_asked_again_test() ->
    ?assertEqual(<<"booting">>, said(["ask state"], [])).

the_release_that_it_starts_from_is_known_test() ->
    ?assertEqual("old", state(bundle(["ask state"], []))).

other_code_than_it_starts_from_is_told_test() ->
    #{from := From} = Bundle = bundle(["ask state"], [<<"lists">>]),
    ?assertEqual("other " ++ From ++ " lists", state(Bundle)),
    ?assertEqual(<<"refused it runs other code than the bundle starts from: lists">>,
                 said(["ask ready", "suspend 100"], [<<"lists">>])).

a_node_that_is_already_there_says_so_test() ->
    #{from := From} = Bundle = bundle(["ask ready", "suspend 100"], []),
    ?assertEqual(<<"already">>, hot_deploy_plain:ask(Bundle#{from := "before", to := From})).

another_version_is_told_test() ->
    #{from := From} = Bundle = bundle(["ask ready", "suspend 100"], []),
    ?assertEqual(unicode:characters_to_binary(["refused it runs ", From, ", and the bundle starts from before"]),
                 hot_deploy_plain:ask(Bundle#{from := "before"})).

the_new_release_is_known_by_its_modules_and_applications_test() ->
    #{from := From} = Bundle = bundle(["ask state"], []),
    Asked = fun(More) -> state(maps:merge(Bundle#{from := "before", to := From, old := []}, More)) end,
    %% All is as it should be, and only a release_handler says what it boots.
    ?assertExit(_, Asked(#{})),
    ?assertEqual("other " ++ From ++ " none", Asked(#{applications => [{<<"none">>, <<"1">>}]})),
    ?assertEqual("other " ++ From ++ " lists", Asked(#{new => [{<<"lists">>, <<"another">>}]})).

nobody_is_left_in_code_that_was_never_exchanged_test() ->
    ?assertEqual(<<"left 0">>, said(["ask unload"], [])).

what_it_says_is_one_line_of_plain_characters_test() ->
    Odd = "be\"fo\\re\n" ++ [16#e9],
    Said = hot_deploy_plain:ask((bundle(["ask ready", "suspend 100"], []))#{from := Odd}),
    ?assertNotEqual(nomatch, string:find(Said, "starts from be?fo?re??")).
